// Who gets a place, who waits, who is sent away.
import { describe, expect, it } from 'vitest';
import { createPlaces, type Place } from './places.ts';

const NOBODY_STOPS = new AbortController().signal;
const ask = (places: ReturnType<typeof createPlaces>, tenant: string, deadlineMs = 10_000, signal = NOBODY_STOPS): Promise<Place> =>
  places.enter({ tenant, deadlineMs, signal });
const isIn = (place: Place): place is Exclude<Place, string> => typeof place !== 'string';

describe('places', () => {
  it('are for one tenant alone all there are, and one stays for who comes next', async () => {
    const places = createPlaces({ running: 2, waiting: 10 });
    const [a, b] = await Promise.all([ask(places, 'a'), ask(places, 'a')]);
    const third = ask(places, 'a', 50);
    expect([isIn(a), isIn(b), isIn(await ask(places, 'b'))]).toEqual([true, true, true]);
    expect(await third).toBe('late');
  });

  it('go to the tenants in turn', async () => {
    const places = createPlaces({ running: 1, waiting: 10 });
    const order: string[] = [];
    const work = async (tenant: string): Promise<void> => {
      const place = await ask(places, tenant);
      if (!isIn(place)) throw new Error(place);
      order.push(tenant);
      await new Promise((resolve) => setTimeout(resolve, 5));
      place.leave();
    };
    await Promise.all(['a', 'a', 'a', 'a', 'b', 'b'].map(work));
    expect(order.slice(0, 4).filter((tenant) => tenant === 'b')).toHaveLength(2);
    expect(order).toHaveLength(6);
  });

  it('are waited for by a bounded number', async () => {
    const places = createPlaces({ running: 1, waiting: 2 });
    await ask(places, 'a');
    const waiting = [ask(places, 'a', 50), ask(places, 'a', 50)];
    expect(await ask(places, 'a')).toBe('full');
    expect(await Promise.all(waiting)).toEqual(['late', 'late']);
  });

  it('are not taken by who has left: nothing is lost when a place comes free in the same moment', async () => {
    const places = createPlaces({ running: 1, waiting: 10 });
    const first = await ask(places, 'a');
    const stop = new AbortController();
    const gone = ask(places, 'a', 10_000, stop.signal);
    stop.abort();
    if (isIn(first)) first.leave();
    expect(await gone).toBe('late');
    expect(isIn(await ask(places, 'a', 1_000))).toBe(true);
  });

  it('are given back once, however often one leaves', async () => {
    const places = createPlaces({ running: 1, waiting: 10 });
    const first = await ask(places, 'a');
    if (isIn(first)) [1, 2, 3].forEach(() => first.leave());
    expect(isIn(await ask(places, 'a'))).toBe(true);
    expect(await ask(places, 'a', 20)).toBe('late');
  });
});
