// run: what scripts, commands, containers and sub-flows compile to, and what is said about mistakes in them. Steps begin on line 3.
import { describe, expect, it } from 'vitest';
import { compileFlow } from '../compile.ts';
import { flow, messages } from './flow-text.ts';

const step = (line: string): unknown => {
  const compiled = compileFlow(flow(`- a: ${line}`));
  if (!compiled.ok) throw new Error(messages(compiled).join('\n'));
  return compiled.program.steps[1];
};
const said = (line: string): string[] => messages(compileFlow(flow(`- a: ${line}`)));

describe('a script', () => {
  it('is a read with its code in the program and all that differs in its arguments', () => {
    expect(step('{run: {script: {language: javascript, code: "f(`${x}`)", arguments: ["${ .a }", b], environment: {N: 1}, stdin: in}}}')).toMatchObject({
      kind: 'call',
      function: 'script',
      code: 'f(`${x}`)',
      effect: 'read',
      deadlineMs: 30_000,
      with: {
        t: 'obj',
        entries: [
          ['language', { t: 'lit', v: 'js' }],
          ['arguments', { t: 'arr', items: [{ t: 'jq' }, { t: 'lit', v: 'b' }] }],
          ['environment', { t: 'lit', v: { N: 1 } }],
          ['stdin', { t: 'lit', v: 'in' }],
          ['return', { t: 'lit', v: 'stdout' }],
        ],
      },
    });
  });
  it('may have a deadline of its own', () => {
    expect(step('{run: {script: {language: js, code: "1"}, return: none}, metadata: {palace: {deadline: PT2S}}}')).toMatchObject({
      deadlineMs: 2_000,
      with: { t: 'lit', v: { language: 'js', return: 'none' } },
    });
  });
});

describe('a command', () => {
  it('is unique, unless its author knows better', () => {
    expect(step('{run: {shell: {command: "rm $1", arguments: [x]}}}')).toMatchObject({ function: 'shell', code: 'rm $1', effect: 'unique' });
    expect(step('{run: {shell: {command: ls}}, metadata: {palace: {effect: read}}}')).toMatchObject({ effect: 'read' });
    expect(step('{run: {container: {image: alpine, command: ls}}}')).toMatchObject({ function: 'container', code: 'ls', effect: 'unique' });
  });
});

describe('what a sub-flow returns', () => {
  it('is its output, or nothing', () => {
    expect(step('{run: {workflow: {namespace: a, name: b, version: 1.0.0}, return: stdout}}')).not.toHaveProperty('silent');
    expect(step('{run: {workflow: {namespace: a, name: b, version: 1.0.0}, return: none}}')).toMatchObject({ silent: true });
  });
});

describe('mistakes in a run', () => {
  it.each<readonly [string, string, readonly string[]]>([
    ['nothing to run', '{run: {await: true}}', ['3:9 /do/0/a/run | A run does not say what it runs. | Give it one of: workflow, script, shell or container.']],
    [
      'two things at once',
      '{run: {script: {language: js, code: "1"}, shell: {command: ls}}}',
      ['3:9 /do/0/a/run | A run is several things at once: script, shell. | Make a step of its own of each.'],
    ],
    [
      'a mistyped key',
      '{run: {scirpt: {}}}',
      [
        '3:9 /do/0/a/run | A run does not say what it runs. | Give it one of: workflow, script, shell or container.',
        '3:15 /do/0/a/run/scirpt | Unknown key "scirpt" in a run. | Did you mean "script"?',
      ],
    ],
    ['a script without code', '{run: {script: {language: js}}}', ['3:15 /do/0/a/run/script | A script needs "code". | Or "source": {endpoint: https://...}.']],
    [
      'a script from elsewhere',
      '{run: {script: {language: js, source: {endpoint: "https://example.com/{name}.js"}}}}',
      ['3:57 /do/0/a/run/script/source/endpoint | The address of a script must be written out: it is fetched when the flow is published.'],
    ],
    [
      'another language',
      '{run: {script: {language: pyhton, code: "1"}}}',
      ['3:34 /do/0/a/run/script/language | Scripts are not written in "pyhton". | Did you mean "python"?'],
    ],
    [
      'data as code',
      '{run: {script: {language: js, code: "${ .code }"}}}',
      [
        '3:44 /do/0/a/run/script/code | Code is not an expression: data that came in is never run. | Write the code here and hand the value over in "arguments".',
      ],
    ],
    [
      'data as a command',
      '{run: {shell: {command: "${ .command }"}}}',
      [
        '3:32 /do/0/a/run/shell/command | A command is not an expression: data that came in is never run. | Hand the value over in "arguments" (as $1, $2, ...) or "environment".',
      ],
    ],
    [
      'data as an image',
      '{run: {container: {image: "${ .image }"}}}',
      ['3:34 /do/0/a/run/container/image | An image is not an expression: data that came in is never run. | Write its name; "switch" chooses between several.'],
    ],
    ['an empty command', '{run: {shell: {command: " "}}}', ['3:32 /do/0/a/run/shell/command | This command is empty.']],
    [
      'an argument that is a number',
      '{run: {shell: {command: ls, arguments: [1.0]}}}',
      ["3:48 /do/0/a/run/shell/arguments/0 | An argument must be text, not a number. | Quote it: '1.0'."],
    ],
    [
      'an impossible variable',
      '{run: {shell: {command: ls, environment: {A-B: x}}}}',
      ['3:50 /do/0/a/run/shell/environment/A-B | "A-B" cannot name a variable of the environment. | Use letters, digits and _.'],
    ],
    [
      'a script that nobody waits for',
      '{run: {script: {language: js, code: "1"}, await: false}}',
      [
        '3:57 /do/0/a/run/await | A script acts on nothing but its output: not awaited it would do nothing. | Put it into a flow of its own and run that: "run: {workflow: {...}, await: false}".',
      ],
    ],
    [
      'a command that nobody waits for',
      '{run: {shell: {command: ls}, await: false}}',
      [
        '3:44 /do/0/a/run/await | A shell that nobody waits for belongs to no step. | Put it into a flow of its own and run that: "run: {workflow: {...}, await: false}".',
      ],
    ],
    [
      'an unknown return',
      '{run: {shell: {command: ls}, return: stdin}}',
      ['3:45 /do/0/a/run/return | "return" must be "stdout", "stderr", "code", "all" or "none".'],
    ],
    [
      'the code of a sub-flow',
      '{run: {workflow: {namespace: a, name: b, version: 1.0.0}, return: code}}',
      ['3:74 /do/0/a/run/return | A sub-flow has no "code". | Leave "return" out to get its output, or write "none".'],
    ],
    ['a sub-flow without version', '{run: {workflow: {namespace: a, name: b}}}', ['3:15 /do/0/a/run/workflow | A workflow to run needs "version".']],
    [
      'a sub-flow with a range as version',
      '{run: {workflow: {namespace: a, name: b, version: ^1.0.0}}}',
      ['3:58 /do/0/a/run/workflow/version | "^1.0.0" is not a version. | Write it like 1.0.0, or "latest".'],
    ],
    [
      'a class for a script',
      '{run: {script: {language: js, code: "1"}}, metadata: {palace: {effect: unique}}}',
      ['3:71 /do/0/a/metadata/palace/effect | A script acts on nothing outside: it is always a "read". | Leave "effect" out.'],
    ],
    [
      'settings of a sub-flow',
      '{run: {workflow: {namespace: a, name: b, version: 1.0.0}}, metadata: {palace: {deadline: PT1S}}}',
      [
        '3:78 /do/0/a/metadata/palace | metadata.palace has a meaning on calls, scripts, shell commands and containers only. | Move it to the step it is about.',
      ],
    ],
    [
      'a container that is to stay',
      '{run: {container: {image: a, lifetime: {cleanup: eventually, after: PT30M}}}}',
      [
        '3:57 /do/0/a/run/container/lifetime/cleanup | A container is removed when its step is over: what stayed behind would have no owner. | Write "always", or leave "lifetime" out.',
      ],
    ],
    [
      'an image that is an option',
      '{run: {container: {image: --privileged}}}',
      ['3:34 /do/0/a/run/container/image | "--privileged" is not an image. | Write it like docker.io/library/alpine:3.22.'],
    ],
    [
      'an image that is a file',
      '{run: {container: {image: "docker-archive:/tmp/x.tar"}}}',
      ['3:34 /do/0/a/run/container/image | "docker-archive:/tmp/x.tar" is not an image. | Write it like docker.io/library/alpine:3.22.'],
    ],
    [
      'ports of a container',
      '{run: {container: {image: a, ports: {80: 8080}}}}',
      ['3:37 /do/0/a/run/container/ports | A container of a step has no ports: it is a command that ends, and nobody could rely on reaching it.'],
    ],
    [
      'a folder of the host that is none',
      '{run: {container: {image: a, volumes: {/srv/../etc: /data}}}}',
      ['3:47 /do/0/a/run/container/volumes/~1srv~1..~1etc | "/srv/../etc" is no folder of the host. | Write an absolute path, without "." and "..".'],
    ],
    [
      'a folder of the container that only data knows',
      '{run: {container: {image: a, volumes: {/srv: "${ .where }"}}}}',
      [
        '3:53 /do/0/a/run/container/volumes/~1srv | The folder of the container is not an absolute path. | Write it out, for example /data; it is not an expression.',
      ],
    ],
    [
      'a time that the lifetime has no use for',
      '{run: {container: {image: a, lifetime: {cleanup: always, after: PT1S}}}}',
      ['3:65 /do/0/a/run/container/lifetime/after | "after" belongs to the cleanup "eventually". | Leave it out.'],
    ],
  ])('is named by line, column and sentence: %s', (_what, line, expected) => {
    expect(said(line)).toEqual(expected);
    expect(compileFlow(flow(`- a: ${line}`)).ok).toBe(false);
  });

  it('is a warning where the step would fail later, or text looks like an expression', () => {
    expect(said('{run: {script: {language: python, code: "1"}}}')).toEqual([
      '3:34 /do/0/a/run/script/language | Python scripts are not available yet: the step fails when it is reached. | Write it in js.',
    ]);
    expect(said('{run: {shell: {command: "echo Hello, ${ .name }"}}}')).toEqual([
      '3:32 /do/0/a/run/shell/command | The shell gets this text as it is, and knows no "${ ... }" of this kind. | Hand the value over in "arguments" (as $1, $2, ...) or "environment".',
    ]);
    expect(said('{run: {shell: {command: "${CMD:-echo} ${NAME} ${#NAME}"}}}')).toEqual([]);
  });
});
