// Builtins whose arguments are programs: loops, selections, short-circuit tests. Loops over a single output run as
// plain loops, so `until`, `while`, `repeat`, `range` and `recurse` do not nest however long they run.
import { choose, pipe } from '../compile-flow.ts';
import { collect, iterate, iteratePaths, RECURSE } from '../compile-steps.ts';
import { raise } from '../errors.ts';
import { type Json, truthy } from '../json.ts';
import { Code, eachCode, type Each, type EmitPath, type Env, oneCode, type Path, type Paths } from '../machine.ts';

export type Form = (args: readonly Code[]) => Code;

const arg = (args: readonly Code[], position: number): Code => args[position] as Code;

export const IDENTITY = new Code(
  (_env, input) => input,
  (_env, input, emit) => emit(input),
  () => (_env, path, input, emit) => emit(path, input),
);
export const ITERATE = eachCode(iterate, () => iteratePaths);
export const EMPTY = new Code(
  () => undefined,
  () => false,
  () => () => false,
);

const select: Form = (args) => choose(arg(args, 0), IDENTITY, EMPTY);

const map: Form = (args) => {
  const body = arg(args, 0);
  const { one } = body;
  if (one === undefined) return oneCode(collect(pipe(ITERATE, body)));
  const general = collect(pipe(ITERATE, body));
  return oneCode((env, input) => {
    if (!Array.isArray(input)) return general(env, input);
    env.run.spend(input.length);
    const found: Json[] = [];
    for (let i = 0; i < input.length; i++) {
      const value = one(env, input[i] ?? null);
      if (value !== undefined) found.push(value);
    }
    return found;
  });
};

const error: Form = (args) => {
  const [message] = args;
  if (message === undefined) return oneCode((_env, input) => raise(input));
  const { one } = message;
  if (one === undefined) return eachCode((env, input) => message.each(env, input, (value) => raise(value)));
  return oneCode((env, input) => {
    const value = one(env, input);
    return value === undefined ? undefined : raise(value);
  });
};

/** `recurse(f)`: parents before children. Outputs of `f` are taken one after another, so laziness and errors are jq's. */
const recurse: Form = (args) => {
  const step = arg(args, 0);
  const { one } = step;
  const visit = (env: Env, input: Json, emit: (value: Json) => boolean): boolean => {
    const { run } = env;
    run.spend(1);
    if (emit(input)) return true;
    run.enter(step.weight + 2);
    const stop = step.each(env, input, (value) => visit(env, value, emit));
    run.depth -= step.weight + 2;
    return stop;
  };
  const visitPaths = (env: Env, path: Path, input: Json, emit: EmitPath): boolean => {
    const { run } = env;
    run.spend(1);
    if (emit(path, input)) return true;
    run.enter(step.weight + 2);
    const stop = step.paths(env, path, input, (at, value) => visitPaths(env, at, value, emit));
    run.depth -= step.weight + 2;
    return stop;
  };
  const chain: Each = (env, input, emit) => {
    for (let value: Json | undefined = input; value !== undefined; value = one?.(env, value)) {
      env.run.spend(1);
      if (emit(value)) return true;
    }
    return false;
  };
  return eachCode(one === undefined ? visit : chain, () => visitPaths);
};

const recurseWhile: Form = (args) => recurse([selected(arg(args, 0), arg(args, 1))]);

/** `code | select(condition)`, with the weight of both. */
function selected(code: Code, condition: Code): Code {
  const both = pipe(code, select([condition]));
  both.weight = code.weight + condition.weight + 2;
  return both;
}

const whileLoop: Form = (args) => {
  const [condition, update] = [arg(args, 0), arg(args, 1)];
  return pipe(select([condition]), recurse([selected(update, condition)]));
};

/** `repeat(f)`: the outputs of `f` for the same input, over and over, until something stops it. */
const repeat: Form = (args) => {
  const body = arg(args, 0);
  return eachCode((env, input, emit) => {
    for (;;) {
      env.run.spend(1);
      if (body.each(env, input, emit)) return true;
    }
  });
};

const until: Form = (args) => {
  const [condition, update] = [arg(args, 0), arg(args, 1)];
  const test = condition.one;
  const step = update.one;
  if (test !== undefined && step !== undefined) {
    return oneCode((env, input) => {
      for (let value: Json | undefined = input; value !== undefined; value = step(env, value)) {
        env.run.spend(1);
        const done = test(env, value);
        if (done === undefined) return undefined;
        if (truthy(done)) return value;
      }
      return undefined;
    });
  }
  const visit: Each = (env, input, emit) => {
    env.run.spend(1);
    env.run.enter(condition.weight + update.weight + 2);
    const stop = condition.each(env, input, (done) => (truthy(done) ? emit(input) : update.each(env, input, (value) => visit(env, value, emit))));
    env.run.depth -= condition.weight + update.weight + 2;
    return stop;
  };
  return eachCode(visit);
};

const range: Form = (args) => {
  const [from, to, by] = [arg(args, 0), arg(args, 1), args[2]];
  return eachCode((env, input, emit) =>
    from.each(env, input, (low) =>
      to.each(env, input, (high) => {
        if (by === undefined) return count(env, low, high, 1, emit);
        return by.each(env, input, (step) => count(env, low, high, step, emit));
      }),
    ),
  );
};

const ZERO = new Code(
  () => 0,
  (_env, _input, emit) => emit(0),
  undefined,
  0,
);

function count(env: Env, low: Json, high: Json, step: Json, emit: (value: Json) => boolean): boolean {
  if (typeof low !== 'number' || typeof high !== 'number' || typeof step !== 'number') return raise('Range bounds must be numeric');
  const { run } = env;
  if (step > 0) {
    for (let at = low; at < high; at += step) {
      run.spend(1);
      if (emit(at)) return true;
    }
  } else if (step < 0) {
    for (let at = low; at > high; at += step) {
      run.spend(1);
      if (emit(at)) return true;
    }
  } else {
    while (low < high) {
      run.spend(1);
      if (emit(low)) return true;
    }
  }
  return false;
}

const first: Form = (args) => {
  const body = arg(args, 0);
  const paths: Paths = (env, path, input, emit) => {
    let found: { at: Path; value: Json } | undefined;
    body.paths(env, path, input, (at, value) => {
      found = { at, value };
      return true;
    });
    return found !== undefined && emit(found.at, found.value);
  };
  const { one } = body;
  if (one !== undefined) return oneCode(one, () => paths);
  return oneCode(
    (env, input) => {
      let found: Json | undefined;
      body.each(env, input, (value) => {
        found = value;
        return true;
      });
      return found;
    },
    () => paths,
  );
};

const last: Form = (args) => {
  const body = arg(args, 0);
  const paths: Paths = (env, path, input, emit) => {
    let found: { at: Path; value: Json } | undefined;
    body.paths(env, path, input, (at, value) => {
      found = { at, value };
      return false;
    });
    return found !== undefined && emit(found.at, found.value);
  };
  return oneCode(
    (env, input) => {
      let found: Json | undefined;
      body.each(env, input, (value) => {
        found = value;
        return false;
      });
      return found;
    },
    () => paths,
  );
};

function amount(value: Json, name: string): number {
  if (typeof value !== 'number') return raise(`${name} needs a number`);
  return value < 0 ? raise(`${name} doesn't support negative count`) : value;
}

const limit: Form = (args) => {
  const [size, body] = [arg(args, 0), arg(args, 1)];
  const paths: Paths = (env, path, input, emit) =>
    size.each(env, input, (value) => {
      let left = amount(value, 'limit');
      if (left <= 0) return false;
      let stopped = false;
      body.paths(env, path, input, (at, found) => {
        left--;
        stopped = emit(at, found);
        return stopped || left <= 0;
      });
      return stopped;
    });
  return eachCode(
    (env, input, emit) =>
      size.each(env, input, (value) => {
        let left = amount(value, 'limit');
        if (left <= 0) return false;
        let stopped = false;
        body.each(env, input, (found) => {
          left--;
          stopped = emit(found);
          return stopped || left <= 0;
        });
        return stopped;
      }),
    () => paths,
  );
};

const skip: Form = (args) => {
  const [size, body] = [arg(args, 0), arg(args, 1)];
  const paths: Paths = (env, path, input, emit) =>
    size.each(env, input, (value) => {
      let left = amount(value, 'skip');
      return body.paths(env, path, input, (at, found) => left-- <= 0 && emit(at, found));
    });
  return eachCode(
    (env, input, emit) =>
      size.each(env, input, (value) => {
        let left = amount(value, 'skip');
        return body.each(env, input, (found) => left-- <= 0 && emit(found));
      }),
    () => paths,
  );
};

const nth: Form = (args) => {
  const [position, body] = [arg(args, 0), arg(args, 1)];
  const checked = pipe(
    position,
    oneCode((_env, value) => (typeof value === 'number' && value < 0 ? raise("nth doesn't support negative indices") : value)),
  );
  const at = (value: Json): Code =>
    first([
      skip([
        new Code(
          () => value,
          (_env, _input, emit) => emit(value),
        ),
        body,
      ]),
    ]);
  return eachCode(
    (env, input, emit) => checked.each(env, input, (value) => at(value).each(env, input, emit)),
    () => (env, path, input, emit) => checked.each(env, input, (value) => at(value).paths(env, path, input, emit)),
  );
};

const isEmpty: Form = (args) =>
  oneCode((env, input) => {
    let empty = true;
    arg(args, 0).each(env, input, () => {
      empty = false;
      return true;
    });
    return empty;
  });

/** `any` and `all`: stops at the first condition that settles the answer. */
function quantifier(settling: boolean): Form {
  return (args) => {
    const source = args.length === 2 ? arg(args, 0) : ITERATE;
    const condition = args.length === 0 ? IDENTITY : arg(args, args.length - 1);
    return oneCode((env, input) => {
      let settled = false;
      source.each(env, input, (item) =>
        condition.each(env, item, (value) => {
          settled = truthy(value) === settling;
          return settled;
        }),
      );
      return settled === settling;
    });
  };
}

export const GENERATOR_FORMS: ReadonlyMap<string, Form> = new Map<string, Form>([
  ['empty/0', () => EMPTY],
  ['error/0', error],
  ['error/1', error],
  ['select/1', select],
  ['map/1', map],
  ['recurse/0', () => RECURSE],
  ['recurse/1', recurse],
  ['recurse/2', recurseWhile],
  ['while/2', whileLoop],
  ['until/2', until],
  ['repeat/1', repeat],
  ['range/1', (args) => range([ZERO, arg(args, 0)])],
  ['range/2', range],
  ['range/3', range],
  ['first/1', first],
  ['last/1', last],
  ['limit/2', limit],
  ['skip/2', skip],
  ['nth/2', nth],
  ['isempty/1', isEmpty],
  ['any/0', quantifier(true)],
  ['any/1', quantifier(true)],
  ['any/2', quantifier(true)],
  ['all/0', quantifier(false)],
  ['all/1', quantifier(false)],
  ['all/2', quantifier(false)],
]);
