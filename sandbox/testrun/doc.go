// Package testrun answers: what do many runs of one command come to? It runs
// them side by side, tells flaky from failing, names what a hidden dependence is on, and writes down
// what was run so that it can be repeated elsewhere.
//
// It knows nothing of sandboxes: whoever calls it brings the function that carries out one run.
package testrun
