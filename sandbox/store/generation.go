package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Generation says how often what name stands for was asked to be made anew,
// although nothing that it is made of reads otherwise. next asks for it once more.
func (s *Store) Generation(name string, next bool) (int, error) {
	path := filepath.Join(s.data, imagesName, fileName(name)+generationSuffix)
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("read generation: %w", err)
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(b))) // damaged: from the beginning
	if !next {
		return n, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return 0, err
	}
	return n + 1, replace(path, path+newSuffix, []byte(strconv.Itoa(n+1)+"\n"))
}
