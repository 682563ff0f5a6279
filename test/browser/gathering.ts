/** The people of one test: opened together, closed after it, whatever came of it. */
import type { Browser, Page } from 'playwright-core';
import { FaultyNetwork } from './faulty-network.ts';
import { Person } from './person.ts';
import { mediaArrives } from './received.ts';
import { watchTexts } from './shown-texts.ts';

/** A small picture: every encoder and decoder shares the machine with all others. */
const SMALL = { width: 160, height: 90, frameRate: 5 };

/** Generous: the machine that runs all of this at once may be slow, milliseconds. */
const LIMIT_MS = 60_000;

export class Gathering {
  readonly #browser: Browser;
  readonly #url: string;
  #people: Person[] = [];
  #networks: FaultyNetwork[] = [];

  constructor(browser: Browser, url: string) {
    this.#browser = browser;
    this.#url = url;
  }

  /** @param prepare what else has to be set up before the page is loaded */
  async open(name: string, prepare?: (page: Page) => Promise<void>): Promise<Person> {
    const prepareAll = async (page: Page) => {
      await watchTexts(page);
      await prepare?.(page);
    };
    const person = await Person.open(this.#browser, this.#url, name, prepareAll, SMALL);
    this.#people.push(person);
    return person;
  }

  async openAll(...names: string[]): Promise<Person[]> {
    return Promise.all(names.map((name) => this.open(name)));
  }

  /** Somebody whose network can be broken. */
  async openWithNetwork(name: string): Promise<[Person, FaultyNetwork]> {
    let network: FaultyNetwork | undefined;
    const person = await this.open(name, async (page) => {
      network = await FaultyNetwork.of(page);
    });
    if (!network) throw new Error('The page was not prepared.');
    this.#networks.push(network);
    return [person, network];
  }

  /** One after the other joins; returns when everybody sees and hears everybody. */
  async meet(callId: string, ...people: Person[]): Promise<void> {
    for (const [index, person] of people.entries()) {
      await person.join(callId);
      if (index === 0) await person.settled('p2p', 0);
    }
    await everybodyThere(people);
  }

  /** Closes every page. Returns what went wrong in them. */
  async end(): Promise<string[]> {
    const people = this.#people;
    const networks = this.#networks;
    this.#people = [];
    this.#networks = [];
    await Promise.all(people.map((person) => person.close()));
    await Promise.all(networks.map((network) => network.stop()));
    return people.flatMap((person) => person.problems);
  }
}

/** Waits until everybody decodes everybody else, two directly and more by way of the media server. */
export async function everybodyThere(people: readonly Person[]): Promise<void> {
  const others = people.length - 1;
  const mode = others > 1 ? 'sfu' : 'p2p';
  await Promise.all(people.map((person) => person.settled(mode, others, LIMIT_MS)));
  await Promise.all(people.map((person) => mediaArrives(person, mode, others)));
}

/** The longest time without a new picture of somebody, by the page's clock since `from`, milliseconds. */
export async function longestFreeze(person: Person, participantId: string, from: number): Promise<number> {
  const { presented, now } = await person.recording();
  const times = (presented[participantId] ?? []).map(({ at }) => at).filter((at) => at >= from);
  return [...times, now].reduce(({ most, last }, at) => ({ most: Math.max(most, at - last), last: at }), {
    most: 0,
    last: from,
  }).most;
}
