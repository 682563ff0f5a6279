const FIRST =
  'amber azure brisk calm cedar clear coral crisp early fern gentle golden hazel ivory jade lively lunar maple mellow misty noble olive opal pearl quiet rapid rosy sage silver solar sunny swift teal tidal velvet vivid warm wild';
const SECOND =
  'bay beacon birch bridge brook canyon cliff cloud coast cove creek dawn delta dune field fjord forest garden glade grove harbor hill island lagoon lake meadow mesa moon oasis orchard peak pine prairie reef ridge river shore spring star stone summit tide trail valley wave willow wind';

const firstWords = FIRST.split(' ');
const secondWords = SECOND.split(' ');

/**
 * An id people can read to each other, such as `amber-river-42`.
 * @param random a number from 0 up to 1, three times
 */
export function randomCallId(random: () => number = Math.random): string {
  const pick = (words: readonly string[]) => words[Math.floor(random() * words.length)] ?? '';
  return `${pick(firstWords)}-${pick(secondWords)}-${10 + Math.floor(random() * 90)}`;
}
