package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

// TestDevServer: a dev server inside, whose port forwards itself, and a browser outside. A file that is
// written outside changes the page by way of the server's WebSocket, without another load of it.
func TestDevServer(t *testing.T) {
	usernstest.Require(t, usernstest.Archive, usernstest.Chromium)
	w := newTemplateWorld(t)
	project := filepath.Join(w.top, "page")
	if err := os.CopyFS(project, os.DirFS("testdata/devserver")); err != nil {
		t.Fatal(err)
	}
	w.must(t, project, "up")
	// A bundle of the system's own, which node does not ask by itself.
	w.must(t, project, "exec", "--", "npm", "ci", "--cafile", "/etc/ssl/certs/ca-certificates.crt", "--cache", "/tmp/npm")
	end := w.background(t, project, "exec", "--", "npx", "vite", "--port", "5173", "--strictPort")

	browser := newChromium(t)
	browser.open(w.url(t, project, 5173))
	browser.becomes(`document.querySelector("#word")?.textContent`, "before")
	browser.sees("Network.webSocketHandshakeResponseReceived") // what is written before is not told
	for _, word := range []string{"after", "and again"} {
		if err := os.WriteFile(filepath.Join(project, "src/word.js"), []byte("export const word = '"+word+"'\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		browser.becomes(`document.querySelector("#word").textContent`, word)
	}
	if loads := browser.value("window.loads"); loads != "1" {
		t.Errorf("the page was loaded %s times", loads)
	}
	end()
	for end := time.Now().Add(10 * time.Second); strings.Contains(w.must(t, project, "ports", "--json"), "5173"); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the port of a server that ended still leads inside")
		}
	}
}

// background runs the program until end is called, as Ctrl-C would end it.
func (w *templateWorld) background(t *testing.T, dir string, args ...string) (end func()) {
	t.Helper()
	c := exec.Command("sandbox", args...)
	var said strings.Builder
	c.Env, c.Dir, c.Stdout, c.Stderr = w.env, dir, &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = c.Wait()
	}()
	end = func() {
		_ = c.Process.Signal(syscall.SIGINT)
		<-done
	}
	t.Cleanup(func() {
		if end(); t.Failed() {
			t.Logf("sandbox %s:\n%s", strings.Join(args, " "), said.String())
		}
	})
	return end
}

// url is the address that leads to a port inside, once something listens there.
func (w *templateWorld) url(t *testing.T, dir string, inside int) string {
	t.Helper()
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		var all []struct {
			Inside               int
			URL, Process, Origin string
		}
		if err := json.Unmarshal([]byte(w.must(t, dir, "ports", "--json")), &all); err != nil {
			t.Fatal(err)
		}
		for _, f := range all {
			if f.Inside == inside {
				if f.Origin != "auto" || f.Process == "" {
					t.Errorf("%+v", f)
				}
				return f.URL
			}
		}
	}
	t.Fatalf("port %d does not lead inside", inside)
	return ""
}
