CREATE TABLE "chat_messages" (
	"message_id" text PRIMARY KEY NOT NULL,
	"record_id" text NOT NULL,
	"participant_id" text NOT NULL,
	"user_id" text NOT NULL,
	"display_name" text NOT NULL,
	"text" text NOT NULL,
	"sent_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "producers" (
	"producer_id" text PRIMARY KEY NOT NULL,
	"record_id" text NOT NULL,
	"participant_id" text NOT NULL,
	"transport_id" text NOT NULL,
	"kind" text NOT NULL,
	"source" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"connection_id" text PRIMARY KEY NOT NULL,
	"record_id" text NOT NULL,
	"participant_id" text NOT NULL,
	"session_hash" text NOT NULL,
	"gateway_id" text NOT NULL,
	"connected_at" timestamp with time zone NOT NULL,
	"disconnected_at" timestamp with time zone,
	"reason" text,
	"client_info" jsonb
);
--> statement-breakpoint
CREATE TABLE "transports" (
	"transport_id" text PRIMARY KEY NOT NULL,
	"record_id" text NOT NULL,
	"participant_id" text NOT NULL,
	"direction" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "chat_by_call" ON "chat_messages" USING btree ("record_id","sent_at","message_id");--> statement-breakpoint
CREATE INDEX "chat_by_time" ON "chat_messages" USING btree ("sent_at");--> statement-breakpoint
CREATE INDEX "producers_by_call" ON "producers" USING btree ("record_id");--> statement-breakpoint
CREATE INDEX "sessions_by_call" ON "sessions" USING btree ("record_id");--> statement-breakpoint
CREATE INDEX "sessions_by_participant" ON "sessions" USING btree ("participant_id");--> statement-breakpoint
CREATE INDEX "transports_by_call" ON "transports" USING btree ("record_id");--> statement-breakpoint
CREATE INDEX "calls_by_end" ON "calls" USING btree ("ended_at");--> statement-breakpoint
CREATE INDEX "participants_by_user" ON "participants" USING btree ("user_id","record_id");