import { describe, expect, test } from '@jest/globals';

import { parseStartArguments } from './arguments.mjs';

describe('the arguments of npm start', () => {
  test('none', () => {
    expect(parseStartArguments([])).toEqual({ help: false, lan: false });
  });

  test('--lan, with and without an address', () => {
    expect(parseStartArguments(['--lan'])).toEqual({ help: false, lan: true });
    expect(parseStartArguments(['--lan=192.168.1.5'])).toEqual({
      help: false,
      lan: true,
      lanAddress: '192.168.1.5',
    });
  });

  test('--help', () => {
    expect(parseStartArguments(['--help']).help).toBe(true);
    expect(parseStartArguments(['-h']).help).toBe(true);
  });

  test('one that does not exist is named', () => {
    expect(() => parseStartArguments(['--wan'])).toThrow(
      'Unknown argument --wan: run `npm start -- --help` to see what there is.',
    );
  });

  test('an address that is none is refused', () => {
    expect(() => parseStartArguments(['--lan=my-laptop'])).toThrow('--lan=my-laptop is not an IPv4 address');
  });

  test('`npm start --lan` without the -- works as well', () => {
    expect(parseStartArguments([], { npm_config_lan: 'true' }).lan).toBe(true);
    expect(parseStartArguments([], { npm_config_lan: '10.0.0.7' }).lanAddress).toBe('10.0.0.7');
    expect(parseStartArguments(['10.0.0.7'], { npm_config_lan: 'true' }).lanAddress).toBe('10.0.0.7');
  });

  test('an address without --lan is not an argument', () => {
    expect(() => parseStartArguments(['10.0.0.7'])).toThrow('Unknown argument 10.0.0.7');
  });
});
