// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// node test/run.mjs NOTIFICATION_SERVER [TEST...]: all tests of the client, or those whose file names contain TEST.
// FANFARE_NODE_MODULES names the folder whose node_modules has the devDependencies.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmPackage } from '../../../../tests/clients/support.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const [server, ...wanted] = process.argv.slice(2);
if (!server) {
  console.error('usage: node run.mjs PATH_OF_NOTIFICATION_SERVER [TEST...]');
  process.exit(2);
}
for (const name of ['ws', 'typescript', 'playwright-core']) npmPackage(name); // Ends with 77 where they are missing.

const modules = mkdtempSync(path.join(tmpdir(), 'fanfare-client-'));
let status = 1;
try {
  const sources = path.join(here, '..', 'src');
  const entryPoints = readdirSync(sources).map(name => path.join(sources, name));
  await npmPackage('esbuild').build({
    entryPoints,
    outdir: modules,
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    bundle: true,
    splitting: true,
    target: 'es2022',
  });
  const files = readdirSync(here)
    .filter(name => name.endsWith('.test.mjs'))
    .filter(name => !wanted.length || wanted.some(part => name.includes(part)))
    .map(name => path.join(here, name));
  const env = { ...process.env, NOTIFICATION_SERVER: path.resolve(server), FANFARE_CLIENT_MODULES: modules };
  const run = spawnSync(process.execPath, ['--test', '--test-reporter=spec', ...files], {
    stdio: 'inherit',
    env,
    timeout: 290_000,
  });
  if (run.error) throw run.error;
  status = run.status ?? 1;
} finally {
  rmSync(modules, { recursive: true, force: true });
}
process.exit(status);
