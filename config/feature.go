package config

// FeatureOptions are the options of one feature of a dev container, all as text:
// a truth is "true" or "false", and a feature that is given as one text has it as
// the option "version" (dev container spec, features).
type FeatureOptions map[string]string
