const KEY = 'crossfade.name';

/** The name this person joined with the last time, or nothing. */
export function rememberedName(): string {
  try {
    return window.localStorage.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}

export function rememberName(name: string): void {
  try {
    window.localStorage.setItem(KEY, name);
  } catch {
    // Storage may be off or full; the name is typed again next time.
  }
}
