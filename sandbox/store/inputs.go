package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// WriteInputs keeps what an image was made of, so that whether it is still that
// can be seen without making it again. The content is the maker's own.
func (s *Store) WriteInputs(name string, content []byte) error {
	path := s.inputs(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("write inputs of %s: %w", name, err)
	}
	if err := replace(path, path+newSuffix, content); err != nil {
		return fmt.Errorf("write inputs of %s: %w", name, err)
	}
	return nil
}

// ReadInputs reads it; fs.ErrNotExist when nothing is kept.
func (s *Store) ReadInputs(name string) ([]byte, error) { return os.ReadFile(s.inputs(name)) }

func (s *Store) inputs(name string) string {
	return strings.TrimSuffix(s.image(name), imageSuffix) + inputsSuffix
}
