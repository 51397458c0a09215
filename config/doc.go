// Package config answers one question: what did the user ask for, and where did
// each value come from?
//
// Find looks for the project, Load merges the layers over one another
//
//	flags > SANDBOX_* variables > .sandbox.local.yaml > .sandbox.yaml > devcontainer.json > the user's config.yaml > defaults
//
// and Loaded keeps the origin of each value. Files are read strictly: everything
// that is wrong with them is reported at once, each with its line and column. A
// project's files may come from a stranger, so every step is bounded: the size of
// a file, the number of its words, how deep they nest, what aliases make of them.
package config
