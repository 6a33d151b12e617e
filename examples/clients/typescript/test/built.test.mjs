// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What is committed in dist/ is what the sources say, and the example hook compiles against it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from '../build.mjs';
import { withFolder } from './support.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const modules = path.join(path.resolve(process.env.FANFARE_NODE_MODULES ?? root), 'node_modules');

test('dist/ is what the sources build to', { timeout: 120000 }, () =>
  withFolder(async folder => {
    await build(folder);
    const dist = path.join(root, 'dist');
    assert.deepEqual(readdirSync(dist).sort(), readdirSync(folder).sort(), 'the same files; run: npm run build');
    for (const name of readdirSync(folder))
      assert.equal(
        readFileSync(path.join(dist, name), 'utf8'),
        readFileSync(path.join(folder, name), 'utf8'),
        `${name}; run: npm run build`,
      );
  }),
);

test('the package has no run-time dependencies', () => {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  assert.deepEqual([dependencies, peerDependencies], [undefined, undefined]);
  assert.doesNotMatch(readFileSync(path.join(root, 'dist', 'fanfare_client.js'), 'utf8'), /^import |require\(/m);
});

/// Compiles `files` as a careful project does.
function compiles(folder, files, options) {
  const config = {
    compilerOptions: {
      target: 'ES2022',
      module: 'ES2022',
      moduleResolution: 'Bundler',
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      typeRoots: [path.join(modules, '@types')],
      ...options,
      paths: { 'fanfare-client': [path.join(root, 'dist', 'index.d.ts')], ...options.paths },
    },
    files,
  };
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
  execFileSync(process.execPath, [path.join(modules, 'typescript', 'bin', 'tsc'), '-p', folder], { stdio: 'inherit' });
}

test('the React hook compiles against the types of the package', { timeout: 120000 }, () =>
  withFolder(folder =>
    compiles(folder, [path.join(root, 'react', 'use_room.tsx')], {
      jsx: 'react-jsx',
      lib: ['ES2022', 'DOM'],
      types: [],
      paths: { react: [path.join(modules, '@types', 'react')] },
    }),
  ),
);

const sample = `
import { FanfareClient, type ClientOptions, type Message, type Position } from 'fanfare-client';
interface Chat { said: { text: string }; typing: { user: string } }
const options: ClientOptions = { ticket: async ({ signal }) => String(signal.aborted), credentials: 'include' };
const client = new FanfareClient('/api/v1/ws', options);
const room = client.subscribe<Chat>('chat:1', {
  on: { said: ({ text }, message) => text + message.payload.text },
  message: one => (one.type === 'said' ? one.payload.text : one.payload.user),
});
const at: Position | undefined = room.position;
// @ts-expect-error: no such type
client.subscribe<Chat>('chat:1', { on: { nonsense: () => {} } });
// @ts-expect-error: another payload
client.subscribe<Chat>('chat:1', { on: { said: (payload: { no: number }) => payload.no } });
// @ts-expect-error: not for others
client.inbox.take;
client.subscribe('chat:2', { on: { any: payload => payload.thing }, message: (m: Message<number>) => m.payload });
export const answers = [
  client.history<{ text: string }>('chat:1', at ? { since: at } : {}).then(page => page.messages[0]?.payload.text),
  client.request<{ sum: number }>('add', [1, 2]).then(({ sum }) => sum.toFixed()),
];
`;

for (const [where, options] of [
  ['a page', { lib: ['ES2022', 'DOM'], types: [] }],
  ['Node', { lib: ['ES2022'], types: ['node'] }],
])
  test(`a strict project for ${where} has the types that it describes`, { timeout: 120000 }, () =>
    withFolder(folder => {
      writeFileSync(path.join(folder, 'sample.ts'), sample);
      compiles(folder, [path.join(folder, 'sample.ts')], options);
    }),
  );

test('the packed package can be installed and imported', { timeout: 120000 }, () =>
  withFolder(folder => {
    const npm = (cwd, ...args) => execFileSync('npm', args, { cwd, encoding: 'utf8' }).trim();
    const packed = npm(root, 'pack', '--silent', '--ignore-scripts', '--pack-destination', folder);
    const project = path.join(folder, 'project');
    mkdirSync(project);
    writeFileSync(path.join(project, 'package.json'), '{"type":"module"}');
    npm(project, 'install', '--silent', '--offline', '--no-audit', '--no-fund', path.join(folder, packed));
    const script = "import('fanfare-client').then(all => console.log(Object.keys(all).sort().join()))";
    assert.equal(
      execFileSync(process.execPath, ['-e', script], { cwd: project, encoding: 'utf8' }).trim(),
      'FanfareClient,FanfareError,shouldReconnect',
    );
  }),
);
