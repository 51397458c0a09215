// Package xz answers: what was this before xz compressed it, as fast as Go can
// tell? It reads what packages are made of: streams of blocks compressed by
// LZMA2 alone, without the filters for machine code that xz also knows.
//
// The format is that of "The .xz File Format", version 1.2.1, and of the LZMA
// specification in the LZMA SDK. What is slow in it is the range coder, which
// decodes one bit after the other, each with an arithmetic that depends on the
// last. The decoder here has no branch that depends on such a bit where bits come
// in numbers, because a processor guesses half of them wrong.
package xz
