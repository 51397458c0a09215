//go:build !core

package job

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/rootless-sandbox/sandbox/sandbox/image/apt"
	"github.com/rootless-sandbox/sandbox/userns"
)

// Install makes a tree from packages of a Debian-style archive. The scripts of
// packages do not run in the job, which holds every right in its namespace:
// whoever started it runs them, in a sandbox.
//
//	job                              parent
//	Ask {Args, Env}            -->   runs the command
//	                           <--   Reply {Error}
//	Ask {Result}               -->
//
// Each is one line of JSON, on the job's standard output and input.
type Install struct {
	Plan   apt.Plan `json:"plan"`
	Dir    string   `json:"dir"` // made, then filled
	Cache  string   `json:"cache"`
	Single bool     `json:"single,omitempty"`
}

// Ask is what an installing job says.
type Ask struct {
	Args   []string    `json:"args,omitempty"`
	Env    []string    `json:"env,omitempty"`
	Result *apt.Result `json:"result,omitempty"`
}

// Reply is what it hears.
type Reply struct {
	Error string `json:"error,omitempty"`
}

func (i *Install) run() error {
	if err := os.Mkdir(i.Dir, 0o755); err != nil {
		return err
	}
	out, in := json.NewEncoder(os.Stdout), json.NewDecoder(os.Stdin)
	result, err := apt.Install(context.Background(), &i.Plan, i.Dir, apt.InstallOptions{
		Cache: i.Cache, Single: i.Single,
		Run: func(_ context.Context, argv, env []string) error {
			if err := out.Encode(Ask{Args: argv, Env: env}); err != nil {
				return err
			}
			var r Reply
			if err := in.Decode(&r); err != nil {
				return err
			}
			if r.Error != "" {
				return errors.New(r.Error)
			}
			return nil
		},
	})
	if err != nil {
		return err
	}
	return out.Encode(Ask{Result: &result})
}

// DoInstall installs, and has the commands run by run.
func DoInstall(ctx context.Context, i Install, ids userns.IDMap, run func(ctx context.Context, args, env []string) error) (apt.Result, error) {
	in, answers, err := os.Pipe()
	if err != nil {
		return apt.Result{}, err
	}
	defer func() { _ = in.Close() }()
	defer func() { _ = answers.Close() }()
	c := &conversation{answers: answers, run: func(args, env []string) error { return run(ctx, args, env) }}
	err = Stream(ctx, Job{Install: &i}, ids, in, c)
	if c.failed != nil {
		return c.result, c.failed // the reason, where the job only says that there was one
	}
	return c.result, err
}

// conversation is the parent's side. A line may arrive in pieces.
type conversation struct {
	answers io.Writer
	run     func(args, env []string) error
	text    []byte
	result  apt.Result
	failed  error
}

func (c *conversation) Write(b []byte) (int, error) {
	c.text = append(c.text, b...)
	for {
		line, rest, whole := bytes.Cut(c.text, []byte{'\n'})
		if !whole {
			return len(b), nil
		}
		c.text = rest
		if err := c.hear(line); err != nil {
			return len(b), err
		}
	}
}

func (c *conversation) hear(line []byte) error {
	var a Ask
	if err := json.Unmarshal(line, &a); err != nil {
		return fmt.Errorf("hear from the job: %w", err)
	}
	if a.Result != nil {
		c.result = *a.Result
		return nil
	}
	var r Reply
	if err := c.run(a.Args, a.Env); err != nil {
		c.failed, r.Error = err, err.Error()
	}
	b, err := json.Marshal(r)
	if err == nil {
		_, err = c.answers.Write(append(b, '\n'))
	}
	return err
}
