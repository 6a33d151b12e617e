import type { LinkEnd } from './transport.js';
/** `refused`: the credential was not good; another one may be. */
export type Verdict = 'again' | 'never' | 'refused';
/** Whether to come back after a link has ended, or could not be made. */
export declare function verdictOn(end: LinkEnd): Verdict;
