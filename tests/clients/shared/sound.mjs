/** The head of a wave file and silence: enough for an upstream that only looks at what it is. */
export const wave = Buffer.concat([Buffer.from("RIFF\0\0\0\0WAVEfmt "), Buffer.alloc(32)]);
