// Package untartest answers: how does a test become root of a user namespace?
package untartest

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

// inNamespace says that this process is root of a user namespace that Inside
// made, and how many ids it has.
const inNamespace = "SANDBOX_TEST_IDS"

// Inside runs the test in a user and mount namespace of its own, as its root with
// so many ids. It is the whole of the test.
func Inside(t *testing.T, test func(t *testing.T, ids int)) {
	t.Helper()
	if ids, err := strconv.Atoi(os.Getenv(inNamespace)); err == nil {
		test(t, ids)
		return
	}
	usernstest.Require(t, usernstest.UserNS)
	uids, gids, ids := mapping(t)
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.count=1")
	cmd.Env = append(os.Environ(), inNamespace+"="+strconv.Itoa(ids))
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: uids,
		GidMappings: gids,
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("in a user namespace: %v\n%s", err, out)
	}
}

// mapping is that of the namespace: for root all ids that there are, up to
// 65536, else its own. No part may span two of the mapping that is in force.
func mapping(t *testing.T) (uids, gids []syscall.SysProcIDMap, ids int) {
	const enough = 65536
	text, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var first, parent, count int
		if _, err := fmt.Sscan(line, &first, &parent, &count); err != nil || first != ids {
			break
		}
		count = min(count, enough-ids)
		uids = append(uids, syscall.SysProcIDMap{ContainerID: ids, HostID: ids, Size: count})
		if ids += count; ids == enough && os.Getuid() == 0 {
			return uids, uids, ids
		}
	}
	return []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}, []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}, 1
}
