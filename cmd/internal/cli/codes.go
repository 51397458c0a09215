package cli

import "embed"

// code is one stable error code. A code keeps its meaning for ever; one that
// is no longer used is not given out again.
type code struct {
	ID    string `json:"code"`
	Title string `json:"title"`
}

// codes is the table of all of them: 00 the program, 01 the host, 02 the
// project and its configuration, 03 the image, 04 sandboxes and commands, 05
// the disk, 06 the network. The long texts are explain/ID.txt.
func codes() []code {
	return []code{
		{"SBX0001", "an error that has no code of its own"},
		{"SBX0002", "the command line makes no sense"},
		{"SBX0003", "interrupted by a signal"},
		{"SBX0004", "already inside a sandbox"},
		{"SBX0101", "user namespaces are refused"},
		{"SBX0102", "user namespaces are switched off by a kernel setting"},
		{"SBX0103", "a user namespace can be made, but not mounted in"},
		{"SBX0104", "inside a container that holds namespaces back"},
		{"SBX0105", "the kernel is too old"},
		{"SBX0106", "no overlay file system for user namespaces"},
		{"SBX0107", "no range of subordinate ids"},
		{"SBX0108", "a new /proc cannot be mounted"},
		{"SBX0109", "the kernel refused a step of the set-up"},
		{"SBX0110", "no network namespace"},
		{"SBX0111", "no more inotify watches"},
		{"SBX0201", "a configuration file is not valid"},
		{"SBX0202", "a configuration file belongs to someone else"},
		{"SBX0203", "this directory cannot be a project"},
		{"SBX0204", "the project asks for parts of the host"},
		{"SBX0205", "the target of a mount is not usable"},
		{"SBX0206", "the source of a mount is not usable"},
		{"SBX0207", "a file of variables is not usable"},
		{"SBX0208", "this project is configured already"},
		{"SBX0220", "a secret cannot be had"},
		{"SBX0221", "no cache of that name is known"},
		{"SBX0230", "a device of this host is not usable"},
		{"SBX0231", "such rights are not given by the real root"},
		{"SBX0301", "the image is not usable"},
		{"SBX0302", "the image has no such user"},
		{"SBX0303", "the root file system is not usable"},
		{"SBX0304", "a command that builds an image failed"},
		{"SBX0305", "packages cannot be installed on the image"},
		{"SBX0306", "no image of that name is here"},
		{"SBX0307", "a registry does not let you in"},
		{"SBX0308", "a registry cannot be reached"},
		{"SBX0309", "a registry has no such image"},
		{"SBX0310", "an archive of packages cannot be reached"},
		{"SBX0311", "an archive of packages cannot be trusted"},
		{"SBX0312", "a registry's certificate is not trusted"},
		{"SBX0320", "a feature cannot be had"},
		{"SBX0321", "a feature could not be installed"},
		{"SBX0322", "features cannot be put in order"},
		{"SBX0323", "a feature wants to be privileged"},
		{"SBX0324", "the lock of the features says something else"},
		{"SBX0330", "a step of a Dockerfile failed"},
		{"SBX0331", "a Dockerfile cannot be built"},
		{"SBX0332", "a Dockerfile asks for something of this host"},
		{"SBX0333", "a build lacks a secret or an ssh agent"},
		{"SBX0401", "no such sandbox"},
		{"SBX0402", "the sandbox is not running"},
		{"SBX0403", "the command was not found inside"},
		{"SBX0404", "the command is not executable"},
		{"SBX0405", "the command could not be started"},
		{"SBX0406", "the working directory is not usable inside"},
		{"SBX0407", "a hook failed"},
		{"SBX0408", "the change needs a new sandbox"},
		{"SBX0409", "the sandbox ended meanwhile"},
		{"SBX0410", "nobody says what the tests are"},
		{"SBX0411", "a test asks for a service that nobody has described"},
		{"SBX0412", "the files of a commit cannot be had"},
		{"SBX0413", "a file is no record of tests"},
		{"SBX0501", "the place for data is not usable"},
		{"SBX0502", "made by another version of sandbox"},
		{"SBX0503", "something in the store is damaged"},
		{"SBX0504", "the disk is full"},
		{"SBX0505", "the disk is read-only"},
		{"SBX0506", "no permission for a file"},
		{"SBX0520", "no such volume"},
		{"SBX0521", "a volume or a cache is in use"},
		{"SBX0522", "a volume belongs to other ids"},
		{"SBX0601", "a port of this machine cannot be had"},
		{"SBX0602", "nothing connects a private network here"},
		{"SBX0603", "the hosts of a tool are not known"},
		{"SBX0604", "a port does not lead into the sandbox"},
		{"SBX0701", "a service did not become ready"},
		{"SBX0702", "no such service"},
	}
}

//go:embed explain/*.txt
var explanations embed.FS

// explanation is the long text of a code; empty when there is no such code.
func explanation(id string) string {
	text, err := explanations.ReadFile("explain/" + id + ".txt")
	if err != nil {
		return ""
	}
	return string(text)
}
