CREATE TABLE "calls" (
	"record_id" text PRIMARY KEY NOT NULL,
	"call_id" text NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	"peak_participants" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "participants" (
	"participant_id" text PRIMARY KEY NOT NULL,
	"record_id" text NOT NULL,
	"user_id" text NOT NULL,
	"display_name" text NOT NULL,
	"joined_at" timestamp with time zone NOT NULL,
	"left_at" timestamp with time zone,
	"leave_reason" text
);
--> statement-breakpoint
CREATE TABLE "mode_transitions" (
	"transition_id" text PRIMARY KEY NOT NULL,
	"record_id" text NOT NULL,
	"from_mode" text NOT NULL,
	"to_mode" text NOT NULL,
	"reason" text NOT NULL,
	"initiator" text,
	"epoch" integer NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"duration_ms" double precision,
	"outcome" text NOT NULL,
	"abort_reason" text,
	"sfu_room_id" text,
	"rtp_capabilities" jsonb,
	"max_gap_ms" double precision
);
--> statement-breakpoint
CREATE INDEX "calls_by_start" ON "calls" USING btree ("started_at","record_id");--> statement-breakpoint
CREATE INDEX "calls_by_id" ON "calls" USING btree ("call_id","started_at");--> statement-breakpoint
CREATE INDEX "participants_by_call" ON "participants" USING btree ("record_id");--> statement-breakpoint
CREATE INDEX "transitions_by_call" ON "mode_transitions" USING btree ("record_id");