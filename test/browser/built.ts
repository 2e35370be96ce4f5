import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../cli/scmp.js';

/** The playground as the package has it. */
export const BUILT = join(ROOT, 'dist/playground');
if (!existsSync(BUILT)) throw new Error('dist/playground is missing: run ./build.sh (npm test does)');
