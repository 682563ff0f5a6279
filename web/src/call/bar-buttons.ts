import type { MediaState } from '@crossfade/shared/signalling';
import {
  Captions,
  Link,
  MessageSquareText,
  Mic,
  MicOff,
  MonitorUp,
  Settings2,
  Video,
  VideoOff,
} from 'lucide-react';
import type { BarButton } from './controls-bar.tsx';

interface BarInputs {
  /** What one sends. */
  sent: MediaState;
  /** Whether there is a button of push-to-talk in place of the microphone's. */
  talks: boolean;
  chatOpen: boolean;
  unread: number;
  captions: boolean;
  /** Whether one shares one's screen. */
  sharing: boolean;
  /** The popup to choose devices in. */
  devices: string;
  onMicrophone: () => void;
  onCamera: () => void;
  /** Absent: this browser cannot; phones mostly cannot. */
  onShare: (() => void) | undefined;
  onChat: () => void;
  onCaptions: () => void;
  onCopyLink: () => void;
}

/** The buttons of a call, the most important first: on a phone the last ones are in a menu. */
export function barButtons(inputs: BarInputs): BarButton[] {
  const { sent, talks, chatOpen, unread, captions, devices, sharing, onShare } = inputs;
  const microphone: BarButton = {
    label: 'Microphone',
    hint: sent.audio ? 'Mute' : 'Unmute',
    icon: sent.audio ? Mic : MicOff,
    look: sent.audio ? 'plain' : 'bright',
    pressed: sent.audio,
    shortcut: 'M',
    onPress: inputs.onMicrophone,
  };
  const share: BarButton = {
    label: 'Share screen',
    hint: sharing ? 'Stop sharing' : 'Share your screen',
    icon: MonitorUp,
    look: sharing ? 'active' : 'plain',
    pressed: sharing,
    onPress: onShare,
  };
  return [
    ...(talks ? [] : [microphone]),
    {
      label: 'Camera',
      hint: sent.video ? 'Camera off' : 'Camera on',
      icon: sent.video ? Video : VideoOff,
      look: sent.video ? 'plain' : 'bright',
      pressed: sent.video,
      shortcut: 'V',
      onPress: inputs.onCamera,
    },
    ...(onShare ? [share] : []),
    {
      label: 'Chat',
      hint: chatOpen ? 'Close the chat' : 'Open the chat',
      icon: MessageSquareText,
      look: chatOpen ? 'active' : 'plain',
      pressed: chatOpen,
      count: { number: unread, text: unread === 1 ? '1 unread message' : `${unread} unread messages` },
      shortcut: 'C',
      onPress: inputs.onChat,
    },
    {
      label: 'Captions',
      hint: captions ? 'Hide captions' : 'Show what is said as text',
      icon: Captions,
      look: captions ? 'active' : 'plain',
      pressed: captions,
      onPress: inputs.onCaptions,
    },
    { label: 'Devices', hint: 'Choose microphone and camera', icon: Settings2, popup: devices },
    {
      label: 'Copy link',
      hint: 'Copy the link for others',
      icon: Link,
      onPress: inputs.onCopyLink,
    },
  ];
}
