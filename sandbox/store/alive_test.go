package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
)

func self(t *testing.T) State {
	t.Helper()
	start, err := ProcessStartTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	boot, err := BootID()
	if err != nil {
		t.Fatal(err)
	}
	return State{PID: os.Getpid(), StartTime: start, BootID: boot}
}

func TestAlive(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*State)
		want   bool
	}{
		"as it is":       {func(*State) {}, true},
		"pid used again": {func(s *State) { s.StartTime++ }, false},
		"after a reboot": {func(s *State) { s.BootID = "00000000-0000-0000-0000-000000000000" }, false},
		"never started":  {func(s *State) { *s = State{} }, false},
		"no such pid":    {func(s *State) { s.PID = 1 << 30 }, false},
		"process group":  {func(s *State) { s.PID = -s.PID }, false},
	} {
		t.Run(name, func(t *testing.T) {
			st := self(t)
			c.change(&st)
			if got := st.Alive(); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestZombieIsNotAlive(t *testing.T) {
	s := open(t)
	child := startHelper(t, "hold", s.Data(), s.Runtime())
	st := self(t)
	st.PID = child.Process.Pid
	var err error
	if st.StartTime, err = ProcessStartTime(st.PID); err != nil {
		t.Fatal(err)
	}
	if !st.Alive() {
		t.Fatal("not alive before it is killed")
	}
	must(child.Process.Kill())
	for p := (procStat{}); !p.ended(); { // it stays one until the test's end waits for it
		if p, err = readStat(st.PID); err != nil {
			t.Fatal(err)
		}
	}
	if st.Alive() {
		t.Error("a zombie is alive")
	}
}

func TestStartTimeOfNoProcess(t *testing.T) {
	if _, err := ProcessStartTime(1 << 30); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

const statTail = " S 1 2 3 0 -1 4194560 5 6 7 8 9 10 11 12 20 0 1 0 4711 13 14"

func TestParseStat(t *testing.T) {
	for _, name := range []string{"sh", "a b", ") R 1 2", "((", "))", "", "x) Z 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 (y", "a\nb"} {
		p, err := parseStat([]byte("42 (" + name + ")" + statTail + "\n"))
		if err != nil || p.startTime != 4711 || p.state != 'S' {
			t.Errorf("%q: %+v, %v", name, p, err)
		}
	}
	for _, text := range []string{"", "42", "42 (sh", "42 (sh)", "42 (sh) S 1 2 3", strings.Replace("1 (a)"+statTail, "4711", "-1", 1), "1 (a) SS" + statTail[2:]} {
		if p, err := parseStat([]byte(text)); err == nil {
			t.Errorf("%q gave %+v", text, p)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add("sh", uint64(4711), []byte("1 (a) S"))
	f.Add("x) Z 1 (", uint64(0), []byte(nil))
	f.Fuzz(func(t *testing.T, name string, start uint64, raw []byte) {
		_, _ = parseStat(raw) // must not panic
		text := fmt.Sprintf("42 (%s)%s", name, strings.Replace(statTail, "4711", fmt.Sprint(start), 1))
		if p, err := parseStat([]byte(text)); err != nil || p.startTime != start || p.state != 'S' {
			t.Errorf("%q: %+v, %v", text, p, err)
		}
	})
}
