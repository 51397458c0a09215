package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// row is one line of the table. A row without a bar is there to be read.
type row struct {
	work   string
	figure string
	bar    string
	met    verdict
}

type verdict string

const (
	noBar  verdict = ""
	met    verdict = "met"
	missed verdict = "MISSED"
)

func judge(ok bool) verdict {
	if ok {
		return met
	}
	return missed
}

func (b *bench) add(work, figure, bar string, v verdict) {
	b.rows = append(b.rows, row{work, figure, bar, v})
}

// times adds the figures of a command for the reader.
func (b *bench) times(work string, f figures) {
	b.add(work, fmt.Sprintf("%s  (%s to %s, n=%d)", ms(f.median()), ms(minOf(f)), ms(maxOf(f)), len(f)), "", noBar)
}

// atMost adds the ratio ours/peer under an upper bar.
func (b *bench) atMost(work string, ours, peer figures, bar float64) {
	ratio := float64(ours.median()) / float64(peer.median())
	b.add(work, fmt.Sprintf("%.2f x", ratio), fmt.Sprintf("<= %g x", bar), judge(ratio <= bar))
}

// faster adds the ratio peer/ours over a lower bar.
func (b *bench) faster(work string, ours, peer figures, bar float64) {
	ratio := float64(peer.median()) / float64(ours.median())
	b.add(work, fmt.Sprintf("%.1f x faster", ratio), fmt.Sprintf(">= %g x", bar), judge(ratio >= bar))
}

func (b *bench) missed() bool {
	for _, r := range b.rows {
		if r.met == missed {
			return true
		}
	}
	return false
}

func (b *bench) table(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "WORK\tFIGURE\tBAR\tVERDICT")
	for _, r := range b.rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.work, r.figure, r.bar, r.met)
	}
	_ = t.Flush() // standard output: nobody to tell
	for _, note := range b.notes {
		fmt.Fprintln(w, "note:", note)
	}
}

func ms(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}

func minOf(f figures) time.Duration {
	low := f[0]
	for _, d := range f {
		low = min(low, d)
	}
	return low
}

func maxOf(f figures) time.Duration {
	high := f[0]
	for _, d := range f {
		high = max(high, d)
	}
	return high
}
