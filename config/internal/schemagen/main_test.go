package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSchemaIsUpToDate(t *testing.T) {
	t.Chdir("../..")
	want, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("config/schema.json is not what the types say: run go generate ./config")
	}
}

func TestRunWrites(t *testing.T) {
	t.Chdir("../..")
	out := filepath.Join(t.TempDir(), "schema.json")
	if err := run(out); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(out); err != nil || info.Size() == 0 {
		t.Error(err)
	}
}
