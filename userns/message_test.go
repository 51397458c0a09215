package userns

import (
	"bytes"
	"reflect"
	"testing"
)

func TestLaunchMessage(t *testing.T) {
	want := Launch{
		IDs: IDMap{UIDs: []Extent{{0, 1000, 1}}, GIDs: []Extent{{0, 100, 1}}}, Hostname: "h", DieWithParent: true,
		Root:   &Root{Kind: RootOverlay, Lower: []string{"/a:b", "/c"}},
		Ops:    []Op{{Kind: OpWrite, Target: "/etc/x", Data: "\x00", Mode: 0o644, UID: 7}},
		User:   &Account{Name: "me", UID: 1000, Home: "/home/me"},
		Limits: Limits{NProc: 5}, Payload: []byte("{}"),
	}
	packed, err := Pack(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := readLaunch(bytes.NewReader(packed.message("/bin/x")))
	if err != nil || got.exe != "/bin/x" || !reflect.DeepEqual(got.Launch, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, bad := range [][]byte{nil, []byte("/bin/x"), packed.message("")[:9], append(packed.message(""), 0)} {
		if _, err := readLaunch(bytes.NewReader(bad)); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}
