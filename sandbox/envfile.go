package sandbox

import (
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/subosito/gotenv"

	"github.com/rootless-sandbox/sandbox/config"
)

// maxEnvFile bounds one file of variables.
const maxEnvFile = 1 << 20

// EnvFileError: a file that env_file names cannot be used.
type EnvFileError struct {
	Path string
	Err  error
}

func (e *EnvFileError) Error() string { return "env_file " + e.Path + ": " + e.Err.Error() }
func (e *EnvFileError) Unwrap() error { return e.Err }

// ReadEnvFiles reads the files that env_file names, their paths by Loaded.Places, for Request.FileEnv: KEY=value, a later file after an earlier one.
func ReadEnvFiles(files []string, h Host, project string) ([]string, error) {
	var out []string
	for _, name := range files {
		path := config.Expand(name, h.Home, project)
		text, err := readEnvFile(path)
		if err != nil {
			return nil, &EnvFileError{path, err}
		}
		env, err := gotenv.StrictParse(strings.NewReader(text))
		if err != nil {
			return nil, &EnvFileError{path, err}
		}
		for _, key := range sortedKeys(env) {
			out = append(out, key+"="+env[key])
		}
	}
	return out, nil
}

func readEnvFile(path string) (string, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", unwrapPath(err)
	}
	defer func() { _ = f.Close() }()
	// The path was looked at before: a link in it was put there since.
	if real, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(int(f.Fd()))); err != nil || real != path {
		return "", errors.Join(errors.New("it leads elsewhere now"), err)
	}
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		return "", errors.Join(errors.New("not a regular file"), err)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxEnvFile+1))
	if err == nil && len(b) > maxEnvFile {
		err = errors.New("larger than 1 MiB")
	}
	return string(b), err
}

// unwrapPath takes the path off an error that will be given it again.
func unwrapPath(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
