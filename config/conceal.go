package config

import "strings"

// conceal replaces passwords in the addresses of a text, NAME:PASSWORD@HOST, by
// stars, as many as there were characters: what is shown of a file keeps its columns.
func conceal(text string) string {
	out := []rune(text)
	for at, r := range out {
		if r != '@' {
			continue
		}
		begin := at
		for begin > 0 && !strings.ContainsRune(" \t\"'/[{,", out[begin-1]) {
			begin--
		}
		if colon := strings.IndexRune(string(out[begin:at]), ':'); colon >= 0 {
			for i := begin + len([]rune(string(out[begin:at])[:colon])) + 1; i < at; i++ {
				out[i] = '*'
			}
		}
	}
	return string(out)
}
