package ui

import (
	"io"
	"strings"
	"text/tabwriter"
)

// Table writes rows in aligned columns, the header first. Every cell is
// cleaned: most of them are names and paths that others chose.
func Table(w io.Writer, header []string, rows [][]string) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	for _, row := range append([][]string{header}, rows...) {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = Clean(c)
		}
		if _, err := io.WriteString(t, strings.Join(cells, "\t")+"\n"); err != nil {
			return err
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(b.String()) { // the last column may be empty
		if _, err := io.WriteString(w, strings.TrimRight(line, " \n")+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// Pairs writes "name   value" lines, aligned.
func Pairs(w io.Writer, pairs [][2]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, p := range pairs {
		if _, err := io.WriteString(t, p[0]+"\t"+Clean(p[1])+"\n"); err != nil {
			return err
		}
	}
	return t.Flush()
}
