// What the name of a check file ends in. A file of its own: whoever only looks for flows need not load what plays them.
export const CHECK_ENDING = /\.check\.ya?ml$/;
