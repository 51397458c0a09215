package main

import (
	"slices"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	tests := []struct {
		name    string
		stream  string
		passed  int
		failed  []string
		skipped []string
	}{
		{name: "empty"},
		{
			name: "passed",
			stream: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Elapsed":1.5}`,
			passed: 1,
		},
		{
			name: "failed: the package is not counted again",
			stream: `{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}`,
			failed: []string{"p.TestA"},
		},
		{
			name:   "package died without a test",
			stream: `{"Action":"fail","Package":"p"}`,
			failed: []string{"p"},
		},
		{
			name: "test that never ended",
			stream: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}`,
			failed: []string{"p.TestA"},
		},
		{
			name: "did not build",
			stream: `{"Action":"build-output","ImportPath":"p","Output":"p.go:1: no"}
{"Action":"build-fail","ImportPath":"p"}
{"Action":"fail","Package":"p","FailedBuild":"p"}`,
			failed: []string{"p"},
		},
		{
			name:    "skipped",
			stream:  `{"Action":"skip","Package":"p","Test":"TestA"}`,
			skipped: []string{"p.TestA"},
		},
		{
			name:   "the go command's own words",
			stream: "go: cannot find main module",
			failed: []string{"go test"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newResults()
			if err := r.read(strings.NewReader(tt.stream)); err != nil {
				t.Fatal(err)
			}
			if len(r.passed) != tt.passed || !slices.Equal(r.failed, tt.failed) || !slices.Equal(r.skipped, tt.skipped) {
				t.Errorf("passed %q, failed %q, skipped %q", r.passed, r.failed, r.skipped)
			}
		})
	}
}

func TestJudgeSkips(t *testing.T) {
	const stream = `{"Action":"output","Package":"p","Test":"TestA","Output":"a_test.go:1: no root: not root\n"}
{"Action":"skip","Package":"p","Test":"TestA"}`
	for _, tt := range []struct {
		features []string
		failed   int
	}{
		{[]string{""}, 1}, {[]string{"fuse"}, 1}, {[]string{"fuse", "root"}, 0},
	} {
		r := newResults()
		if err := r.read(strings.NewReader(stream)); err != nil {
			t.Fatal(err)
		}
		r.judgeSkips(tt.features)
		if len(r.failed) != tt.failed || len(r.skipped) != 1-tt.failed {
			t.Errorf("%q: failed %q, skipped %q", tt.features, r.failed, r.skipped)
		}
	}
}

func TestSlowest(t *testing.T) {
	r := newResults()
	err := r.read(strings.NewReader(`{"Action":"pass","Package":"p","Test":"TestA/one","Elapsed":3}
{"Action":"pass","Package":"p","Test":"TestA","Elapsed":9}
{"Action":"fail","Package":"p","Test":"TestB","Elapsed":4}
{"Action":"pass","Package":"p","Test":"TestC","Elapsed":0}
{"Action":"pass","Package":"p","Elapsed":20}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.slowest(2); !slices.Equal(got, []string{"p.TestB", "p.TestA/one"}) {
		t.Errorf("got %v", got)
	}
	if got := newResults().slowest(2); len(got) != 0 {
		t.Errorf("of none: got %v", got)
	}
}
