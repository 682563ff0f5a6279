import type { LucideIcon } from 'lucide-react';
import { Ellipsis, PhoneOff } from 'lucide-react';
import { useId, useRef, type ReactNode } from 'react';
import { CountBadge } from '../ui/count-badge.tsx';
import { Popup } from '../ui/popup.tsx';
import { RoundButton } from '../ui/round-button.tsx';
import { roomOf, shownButtons } from './bar-layout.ts';
import { useSize } from './use-size.ts';

/** One button of the bar, or one line of its menu. */
export interface BarButton {
  /** Its name; stays the same in every state. */
  readonly label: string;
  /** What a press does now. */
  readonly hint: string;
  readonly icon: LucideIcon;
  readonly shortcut?: string;
  readonly look?: 'plain' | 'bright' | 'active';
  /** For what is on or off. */
  readonly pressed?: boolean;
  readonly count?: { readonly number: number; readonly text: string };
  /** The popup it opens, or else what it does. */
  readonly popup?: string;
  readonly onPress?: () => void;
}

interface ControlsBarProps {
  /** The most important first: what has no room is in a menu. */
  buttons: readonly BarButton[];
  /** Takes the place of the microphone's button where one speaks at a time. */
  talk: ReactNode;
  /** Something else is over everything. */
  covered: boolean;
  onLeave: () => void;
  /** The popups that buttons open. */
  children: ReactNode;
}

/** Of the button of push-to-talk, where it stands beside the others; CSS pixels. */
const TALK_WIDTH = 300;
/** From this width on it does. */
const WIDE = 640;

export function ControlsBar({ buttons, talk, covered, onLeave, children }: ControlsBarProps) {
  const [size, measure] = useSize();
  const menu = useId();
  const more = useRef<HTMLDivElement>(null);
  const width = size?.width ?? 0;
  const taken = roomOf(1) + (talk !== null && width >= WIDE ? TALK_WIDTH : 0);
  const shown = shownButtons(width - taken, buttons.length);
  const hidden = buttons.slice(shown);
  return (
    // An open panel takes the place of the tips.
    <footer
      inert={covered}
      className="has-[:popover-open]:**:data-tip:hidden shrink-0 px-3 pt-3 pb-[max(0.75rem,env(safe-area-inset-bottom))]"
    >
      <div ref={measure} className="flex flex-wrap items-start justify-center gap-x-1 gap-y-3">
        {talk !== null && <div className="max-sm:basis-full sm:mr-2">{talk}</div>}
        {buttons.slice(0, shown).map(({ popup, onPress, pressed, ...button }) => (
          <RoundButton
            key={button.label}
            named
            {...button}
            {...(popup === undefined ? { onClick: onPress } : { popoverTarget: popup })}
            {...(pressed !== undefined && { 'aria-pressed': pressed })}
          />
        ))}
        {hidden.length > 0 && (
          <RoundButton
            named
            label="More"
            hint="More buttons"
            icon={Ellipsis}
            popoverTarget={menu}
            count={hidden.find(({ count }) => count !== undefined)?.count}
          />
        )}
        <RoundButton
          named
          label="Leave"
          hint="Leave the call"
          icon={PhoneOff}
          look="danger"
          onClick={onLeave}
        />
      </div>
      <Popup
        ref={more}
        id={menu}
        label="More"
        className="right-3 bottom-24 w-64 p-2! sm:right-1/2 sm:translate-x-1/2 short:bottom-20"
      >
        <ul>
          {hidden.map(({ label, icon: Icon, hint, popup, onPress, pressed, look, count }) => (
            <li key={label}>
              <button
                type="button"
                aria-label={label}
                aria-description={count && count.number > 0 ? `${hint}. ${count.text}` : hint}
                {...(pressed !== undefined && { 'aria-pressed': pressed })}
                onClick={() => {
                  more.current?.hidePopover();
                  if (popup === undefined) onPress?.();
                  else document.getElementById(popup)?.showPopover();
                }}
                className="flex min-h-12 w-full cursor-pointer items-center gap-3 rounded-xl px-3 text-left hover:bg-raised"
              >
                <Icon aria-hidden="true" className={look === 'active' ? 'size-5 text-accent' : 'size-5'} />
                <span>{label}</span>
                {count && count.number > 0 && <CountBadge number={count.number} className="ml-auto" />}
              </button>
            </li>
          ))}
        </ul>
      </Popup>
      {children}
    </footer>
  );
}
