package spec

// Security is what processes inside may do beyond the usual, or less than that.
// The zero value is the usual.
type Security struct {
	Unfiltered bool     `json:"unfiltered,omitempty"` // all system calls
	CapAdd     []string `json:"capAdd,omitempty"`     // names with CAP_, sorted
	CapDrop    []string `json:"capDrop,omitempty"`    // the same; ALL
	NoNewPrivs bool     `json:"noNewPrivs,omitempty"`
	Devices    []string `json:"devices,omitempty"` // absolute paths of the host, the same inside
	Nested     bool     `json:"nested,omitempty"`  // user namespaces and mounts inside
	GPU        bool     `json:"gpu,omitempty"`
}
