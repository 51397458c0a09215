package userns

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"strconv"
	"syscall"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// FilesData is the Data of an OpFiles.
func FilesData(files map[string][]byte) (string, error) {
	b, err := json.Marshal(files)
	return string(b), err
}

// memoryFiles mounts a read-only directory in memory that holds files. They are
// there before it is attached: whatever lies at the target, and whoever exchanges
// it meanwhile, they are never written anywhere else.
func (b *builder) memoryFiles(op Op) error {
	var files map[string][]byte
	if err := json.Unmarshal([]byte(op.Data), &files); err != nil {
		return need("read files for", op.Target, errors.New("malformed"), "") // the cause might quote them
	}
	attrs := op.attrs() | sys.NoDev | sys.NoSuid | sys.NoExec
	fd, err := b.memory(attrs, 0o755, 0, 0)
	if err != nil {
		return err
	}
	defer sys.Close(fd)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := b.memoryFile(fd, name, files[name], op); err != nil {
			return need("write", op.Target, err, "")
		}
	}
	if err := sys.SetAttr(fd, op.Target, attrs|sys.ReadOnly, false); err != nil {
		return err
	}
	op.UID, op.GID = 0, 0 // the files have their owner, the directory is root's
	return b.attachAt(fd, op)
}

func (b *builder) memoryFile(dir int, name string, data []byte, op Op) error {
	fd, err := sys.OpenIn(dir, name, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_EXCL, op.Mode, sys.NoLinks)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), name)
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil || op.UID == 0 && op.GID == 0 {
		return err
	}
	return b.own(dir, name, op.UID, op.GID)
}

// memoryFileAt mounts one file in memory on Target. It is written into the scratch
// file system, which nobody inside ever sees, and shown from there.
func (b *builder) memoryFileAt(op Op) error {
	b.layers++
	name := "file-" + strconv.Itoa(b.layers)
	dir, err := sys.OpenPath(b.Staging)
	if err != nil {
		return err
	}
	defer sys.Close(dir)
	mode := op.Mode
	op.Mode = 0o600
	if err := b.memoryFile(dir, name, []byte(op.Data), op); err != nil {
		return need("write", op.Target, err, "")
	}
	if err := sys.Chmodat(dir, name, mode); err != nil {
		return err
	}
	tree, err := sys.CloneTree(sys.CWD, b.scratch(name), false)
	if err != nil {
		return need("bind", op.Target, err, NeedsMount)
	}
	op.Source = "a file in memory"
	return b.attachTree(tree, op)
}
