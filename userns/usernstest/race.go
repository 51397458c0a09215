//go:build race

package usernstest

const race = true
