package config

import "strings"

// Image is an image as it is written, taken apart.
type Image struct {
	Scheme string // host, docker, apt, rootfs, oci, oci-archive or docker-archive
	Rest   string // a reference, a suite, or a path
	Tag    string // of oci and the archives: which image of several, behind the last colon
}

// ParseImage takes an image apart. What has no scheme is a reference of a registry.
func ParseImage(s string) Image {
	if s == "host" {
		return Image{Scheme: "host"}
	}
	if rest, ok := strings.CutPrefix(s, "docker://"); ok {
		return Image{Scheme: "docker", Rest: rest}
	}
	for _, scheme := range []string{"apt", "rootfs", "oci", "oci-archive", "docker-archive"} {
		rest, ok := strings.CutPrefix(s, scheme+":")
		if !ok {
			continue
		}
		i := Image{Scheme: scheme, Rest: rest}
		if at := strings.LastIndexByte(rest, ':'); at > 0 && strings.Contains(scheme, "-archive") || at > 0 && scheme == "oci" {
			i.Rest, i.Tag = rest[:at], rest[at+1:]
		}
		return i
	}
	return Image{Scheme: "docker", Rest: s}
}

// IsPath reports whether Rest is a path of the host.
func (i Image) IsPath() bool {
	switch i.Scheme {
	case "rootfs", "oci", "oci-archive", "docker-archive":
		return true
	}
	return false
}

// InVersion is the same image in another version: another tag, or another suite of packages. What is a
// directory, or this machine, has none.
func (i Image) InVersion(v string) (ref string, ok bool) {
	switch i.Scheme {
	case "apt":
		_, snapshot, dated := strings.Cut(i.Rest, "@")
		if strings.HasPrefix(i.Rest, "@") {
			return "", false
		}
		if dated {
			v += "@" + snapshot
		}
		return "apt:" + v, true
	case "docker":
		name, _, _ := strings.Cut(i.Rest, "@")
		if at := strings.LastIndexByte(name, ':'); at > strings.LastIndexByte(name, '/') {
			name = name[:at]
		}
		return name + ":" + v, true
	case "oci", "oci-archive", "docker-archive":
		return i.Scheme + ":" + i.Rest + ":" + v, true
	}
	return "", false
}

// Reference is the one way to write a reference of a registry that can be
// written in several: as docker shows it, without what is understood, and with a tag.
func (i Image) Reference() string {
	ref := i.Rest
	for _, hub := range []string{"docker.io/", "index.docker.io/", "registry-1.docker.io/"} {
		ref = strings.TrimPrefix(ref, hub)
	}
	ref = strings.TrimPrefix(ref, "library/")
	if last := ref[strings.LastIndexByte(ref, '/')+1:]; ref == "" || strings.ContainsAny(last, ":@") {
		return ref
	}
	return ref + ":latest"
}
