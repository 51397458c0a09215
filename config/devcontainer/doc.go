// Package devcontainer answers one question: what does a devcontainer.json say?
//
// Parse reads the file (https://containers.dev/implementors/json_reference/), which is
// JSON with comments, and reports everything that is wrong with it, each with its line
// and column. Properties that nobody knows are warnings: the format may be extended.
// The package reads no file and decides nothing; what becomes of the properties is a
// matter of package config.
package devcontainer
