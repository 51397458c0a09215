// Package apt answers: how does a signed Debian-style archive become a root
// file system, without a registry, without root and without the host's tools?
//
// Deciding and doing are apart:
//
//   - Resolve reads the archive's signed index and decides on a Plan: the exact
//     packages. It is the key of the image; the same versions give the same tree.
//   - Fetch brings the packages of a Plan into a cache directory.
//   - Install makes the tree from that cache. It runs as root of a user
//     namespace, and lets its caller run the packages' own scripts.
//
// Nothing here knows the name of an archive's host: it comes from the caller or
// from the host's own apt sources.
package apt
