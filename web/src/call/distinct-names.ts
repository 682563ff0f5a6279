/** Names to tell people apart by, in the same order: whoever comes later under a taken name gets a number. */
export function distinctNames(names: readonly string[]): string[] {
  // A number must not lead to the name someone else really has.
  const taken = new Set(names);
  const seen = new Set<string>();
  return names.map((name) => {
    if (!seen.has(name)) {
      seen.add(name);
      return name;
    }
    let number = 2;
    while (taken.has(`${name} (${number})`)) number += 1;
    const numbered = `${name} (${number})`;
    taken.add(numbered);
    return numbered;
  });
}
