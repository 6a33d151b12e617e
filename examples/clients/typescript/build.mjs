// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Builds dist/: node build.mjs [FOLDER]. esbuild and typescript come from node_modules here, or from where
// FANFARE_NODE_MODULES says.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(path.join(path.resolve(process.env.FANFARE_NODE_MODULES ?? here), 'resolve.js'));

/// Checks the types, writes fanfare_client.js and the declarations to `folder`.
export async function build(folder) {
  const tsc = path.join(path.dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-p', here, '--outDir', folder], { stdio: 'inherit', timeout: 120_000 });
  await require('esbuild').build({
    absWorkingDir: here,
    entryPoints: ['src/index.ts'],
    outfile: path.join(folder, 'fanfare_client.js'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    banner: {
      js:
        '// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.\n' +
        '// Built from src/ by build.mjs: change it there.',
    },
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await build(path.resolve(process.argv[2] ?? path.join(here, 'dist')));
