package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// chromium is a browser without a window, which is told what to do by its DevTools protocol: messages of JSON that end
// in a zero byte, on two pipes.
type chromium struct {
	t       *testing.T
	to      io.Writer
	from    *bufio.Reader
	next    int
	session string // of the page
	events  map[string]bool
}

func newChromium(t *testing.T) *chromium {
	t.Helper()
	home := t.TempDir()
	c := exec.Command("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--disable-breakpad", "--no-proxy-server", "--remote-debugging-pipe", "--user-data-dir="+filepath.Join(home, "data"), "about:blank")
	c.Env = append(os.Environ(), "HOME="+home, "TMPDIR="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home, "XDG_RUNTIME_DIR="+home)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // the processes of its own end with it
	itsIn, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, itsOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c.ExtraFiles = []*os.File{itsIn, itsOut} // 3 and 4
	said, err := os.Create(filepath.Join(home, "said"))
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = said
	err = c.Start()
	_, _, _ = itsIn.Close(), itsOut.Close(), said.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		_, _, _ = c.Wait(), to.Close(), from.Close()
		if b, err := os.ReadFile(said.Name()); err == nil && t.Failed() {
			t.Logf("chromium said:\n%s", b)
		}
	})
	_ = from.SetReadDeadline(time.Now().Add(2 * time.Minute))
	return &chromium{t: t, to: to, from: bufio.NewReader(from), events: map[string]bool{}}
}

// call sends a command and decodes its result; of the events before it the names are kept.
func (c *chromium) call(method string, params, result any) {
	c.t.Helper()
	c.next++
	b, err := json.Marshal(map[string]any{"id": c.next, "method": method, "params": params, "sessionId": c.session})
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.to.Write(append(b, 0)); err != nil {
		c.t.Fatal(err)
	}
	for {
		line, err := c.from.ReadBytes(0)
		if err != nil {
			c.t.Fatalf("%s: %v", method, err)
		}
		var m struct {
			ID     int
			Method string
			Error  *struct{ Message string }
			Result json.RawMessage
		}
		if err := json.Unmarshal(line[:len(line)-1], &m); err != nil {
			c.t.Fatalf("%s: %v", method, err)
		}
		if m.ID != c.next {
			c.events[m.Method] = true
			continue
		}
		if m.Error != nil {
			c.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		if err := json.Unmarshal(m.Result, result); err != nil {
			c.t.Fatalf("%s: %v", method, err)
		}
		return
	}
}

// open shows an address in a page of its own.
func (c *chromium) open(address string) {
	c.t.Helper()
	var page struct{ TargetID, SessionID string }
	c.call("Target.createTarget", map[string]any{"url": "about:blank"}, &page)
	c.call("Target.attachToTarget", map[string]any{"targetId": page.TargetID, "flatten": true}, &page)
	c.session = page.SessionID
	c.call("Network.enable", map[string]any{}, &page)
	c.call("Page.navigate", map[string]any{"url": address}, &page)
}

// value is that of an expression in the page.
func (c *chromium) value(expression string) string {
	c.t.Helper()
	var v struct {
		Result struct{ Value any }
	}
	c.call("Runtime.evaluate", map[string]any{"expression": expression}, &v)
	return fmt.Sprint(v.Result.Value)
}

// becomes waits until an expression has a value.
func (c *chromium) becomes(expression, want string) {
	c.t.Helper()
	c.await(expression+" is "+want, func() bool { return c.value(expression) == want })
}

// sees waits for an event.
func (c *chromium) sees(event string) {
	c.t.Helper()
	c.await(event, func() bool { return c.value("1") == "1" && c.events[event] })
}

func (c *chromium) await(what string, there func() bool) {
	c.t.Helper()
	for end := time.Now().Add(40 * time.Second); !there(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatalf("waited in vain: %s; the page says %q", what, c.value("document.body.innerText"))
		}
	}
}
