package config

import (
	"path/filepath"
	"strconv"
	"strings"
)

// Layers, from the weakest to the strongest.
const (
	layerDefault = "default"
	layerImage   = "image" // what the image says of itself
	layerUser    = "user"
	layerProject = "project"
	layerLocal   = "local"
	layerEnv     = "env"
	layerFlag    = "flag"
)

// Origin says where a value came from.
type Origin struct {
	Layer  string // default | image | user | project | local | env | flag
	File   string // for files
	Line   int    // 1-based
	Column int
	Name   string // the variable or the flag
}

// String is default, env NAME, flag --name or FILE:LINE.
func (o Origin) String() string { return o.below("") }

// below is String with the files of a directory named without it.
func (o Origin) below(dir string) string {
	if o.File == "" {
		return strings.TrimSpace(o.Layer + " " + o.Name)
	}
	file := o.File
	if short, err := filepath.Rel(dir, file); dir != "" && err == nil && filepath.IsLocal(short) {
		file = short
	}
	return printable(file) + ":" + strconv.Itoa(o.Line)
}
