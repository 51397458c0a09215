package monitor

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/netdriver"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// Role is the argv[0] of a monitor's process.
//
//	starter (Spawn)                       monitor (Main)
//	fork, exec of the program        -->
//	                                      the Go runtime starts meanwhile
//	config pipe: Config, EOF         -->  once the sandbox's first process is there
//	reads until EOF                  <--  report pipe: Report, EOF: the network works, or why not
//
// It ends when the sandbox does. A starter that dies before closes the config pipe, and the
// monitor ends without having done anything.
const Role = "sandbox-monitor"

// Descriptors of the process.
const (
	configFD = 3
	agentFD  = 4
	reportFD = 5
)

// Report is the process's answer.
type Report struct {
	State spec.NetworkState `json:"state"`
	Error string            `json:"error,omitempty"`
	// Of a *PortError.
	Address string `json:"address,omitempty"`
	Inside  int    `json:"inside,omitempty"`
	Errno   int    `json:"errno,omitempty"`
	Holder  string `json:"holder,omitempty"`
	PID     int    `json:"pid,omitempty"`
	// Driver: of a *netdriver.Error.
	Driver string `json:"driver,omitempty"`
}

func reportOf(err error) Report {
	r := Report{Error: err.Error()}
	var port *PortError
	var driver *netdriver.Error
	var errno syscall.Errno
	if errors.As(err, &port) {
		r.Address, r.Inside, r.Holder, r.PID = port.Address, port.Inside, port.Holder, port.PID
		r.Error = port.Err.Error()
		if errors.As(err, &errno) {
			r.Errno = int(errno)
		}
	}
	if errors.As(err, &driver) {
		r.Driver, r.Error = driver.Driver, strings.TrimPrefix(driver.Error(), "network driver "+driver.Driver+": ")
	}
	return r
}

// err is the error that the process had.
func (r Report) err() error {
	switch {
	case r.Error == "":
		return nil
	case r.Address != "":
		e := &PortError{Address: r.Address, Inside: r.Inside, Err: errors.New(r.Error), Holder: r.Holder, PID: r.PID}
		if r.Errno != 0 {
			e.Err = syscall.Errno(r.Errno)
		}
		return e
	case r.Driver != "":
		return &netdriver.Error{Driver: r.Driver, Err: errors.New(r.Error)}
	}
	return errors.New(r.Error)
}

// Main plays the role and returns the exit code.
func Main() int {
	config, report := os.NewFile(configFD, "config"), os.NewFile(reportFD, "report")
	agent := os.NewFile(agentFD, "agent")
	if config == nil || report == nil || agent == nil {
		return 125
	}
	for fd := configFD; fd <= reportFD; fd++ {
		syscall.CloseOnExec(fd)
	}
	var c Config
	if err := json.NewDecoder(config).Decode(&c); err != nil {
		return 1 // the starter is gone
	}
	_ = config.Close()
	if err := monitor(c, agent, report); err != nil {
		_ = json.NewEncoder(report).Encode(reportOf(err))
		return 1
	}
	return 0
}

// monitor works until the sandbox ends.
func monitor(c Config, agent, report *os.File) error {
	conn, err := wire.FromFile(agent)
	if err != nil {
		return err
	}
	listener, err := listenControl(c.Socket)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(c.Socket) }()
	m, err := New(c, conn, logged)
	if err != nil {
		return err
	}
	defer m.Close()
	if started, err := store.ProcessStartTime(c.PID); err != nil || started != c.StartTime {
		return errors.New("the sandbox ended")
	}
	if err := json.NewEncoder(report).Encode(Report{State: m.State()}); err != nil {
		return err
	}
	_ = report.Close()
	go m.answer(listener)
	m.forwards.idle.start()
	_, err = userns.WaitGone(c.PID, forEver)
	return err
}

// forEver is no timeout at all (poll(2)).
const forEver = -time.Millisecond

func logged(e spec.Event) {
	fmt.Fprintf(os.Stderr, "%s: %s: %s\n", e.Kind, e.Name, e.Detail)
}

// Process is a monitor that waits for its configuration.
type Process struct {
	PID    int
	config *os.File
	report *os.File
}

// Spawn starts the process, of the file program, or of this one where that is empty or cannot be
// executed. It takes agent over; what it has to say later goes to log.
func Spawn(program string, agent, log *os.File) (*Process, error) {
	defer func() { _ = agent.Close() }()
	p, err := spawn(cmp.Or(program, self), agent, log)
	if errors.Is(err, os.ErrPermission) && program != "" {
		p, err = spawn(self, agent, log) // a data directory that no program runs from
	}
	return p, err
}

const self = "/proc/self/exe"

func spawn(program string, agent, log *os.File) (*Process, error) {
	config, configW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	reportR, report, err := os.Pipe()
	if err != nil {
		_, _ = config.Close(), configW.Close()
		return nil, err
	}
	cmd := exec.Command(program)
	cmd.Args[0] = Role
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "GOTRACEBACK=single"}
	cmd.Stderr = log
	cmd.ExtraFiles = []*os.File{config, agent, report}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	_, _ = config.Close(), report.Close()
	if err != nil {
		_, _ = configW.Close(), reportR.Close()
		return nil, fmt.Errorf("start monitor: %w", err)
	}
	go func() { _ = cmd.Wait() }() // no zombie where the starter lives on
	return &Process{cmd.Process.Pid, configW, reportR}, nil
}

// Discard ends a process that is not needed: without a configuration it ends.
func (p *Process) Discard() { _, _ = p.config.Close(), p.report.Close() }

const maxReport = 1 << 20

// Configure tells it what to do and waits until it is done.
func (p *Process) Configure(c Config) (spec.NetworkState, error) {
	defer p.Discard()
	if err := json.NewEncoder(p.config).Encode(c); err != nil {
		return spec.NetworkState{}, fmt.Errorf("tell the monitor: %w", err)
	}
	_ = p.config.Close()
	b, err := io.ReadAll(io.LimitReader(p.report, maxReport))
	var r Report
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err != nil {
		return r.State, fmt.Errorf("hear from the monitor: %w", err)
	}
	return r.State, r.err()
}

// listenControl makes the socket where the monitor answers.
func listenControl(path string) (*wire.Listener, error) {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	f, err := wire.Listen(path)
	if err != nil {
		return nil, err
	}
	return wire.NewListener(f)
}

// answer serves clients that are the caller.
func (m *Monitor) answer(l *wire.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		go func() {
			defer func() { _ = c.Close() }()
			if uid, err := c.PeerUID(); err == nil && uid == os.Getuid() {
				m.converse(c)
			}
		}()
	}
}

// Ask is what a client wants of a monitor.
type Ask struct {
	Version int               `json:"version"`
	Forward *spec.PortForward `json:"forward,omitempty"` // to add
	Remove  int               `json:"remove,omitempty"`  // a port inside that is not to be forwarded any more
}

// Answer is what it gets: the state afterwards.
type Answer struct {
	Report
	Forward spec.Forward `json:"forward,omitzero"` // that was added
}

func (m *Monitor) converse(c *wire.Conn) {
	for {
		f, err := c.Recv()
		if err != nil {
			return
		}
		f.Close()
		var ask Ask
		if f.Type != wire.Ask || f.Decode(&ask) != nil || ask.Version != wire.Version {
			_ = c.Send(wire.Refused, wire.RefusedBody{Reason: wire.RefusedVersion, Text: "another version of the protocol"})
			return
		}
		if c.Send(wire.Answer, m.do(ask)) != nil {
			return
		}
	}
}

func (m *Monitor) do(ask Ask) Answer {
	var a Answer
	var err error
	switch {
	case ask.Forward != nil:
		a.Forward, err = m.forwards.add(*ask.Forward, spec.ForwardAsked, "")
	case ask.Remove != 0:
		err = m.removeForward(ask.Remove)
	}
	if err != nil {
		a.Report = reportOf(err)
	}
	a.State = m.State()
	return a
}

func (m *Monitor) removeForward(inside int) error {
	found := false
	for _, f := range m.forwards.all() {
		at, err := netip.ParseAddrPort(f.Address)
		if err == nil && (f.Inside == inside || int(at.Port()) == inside) {
			found = m.forwards.remove(f) || found
		}
	}
	if !found {
		return fmt.Errorf("port %d: %w", inside, os.ErrNotExist)
	}
	return nil
}

// Request asks a monitor, at the other end of c.
func Request(c *wire.Conn, ask Ask) (Answer, error) {
	ask.Version = wire.Version
	if err := c.Send(wire.Ask, ask); err != nil {
		return Answer{}, err
	}
	f, err := c.Recv()
	if err != nil {
		return Answer{}, err
	}
	defer f.Close()
	var a Answer
	if f.Type != wire.Answer {
		return Answer{}, wire.ErrBadFrame
	}
	if err := f.Decode(&a); err != nil {
		return Answer{}, err
	}
	return a, a.err()
}
