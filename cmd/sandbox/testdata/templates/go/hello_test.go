package hello

import "testing"

func TestGreet(t *testing.T) {
	if Greet("x") != "hello x" {
		t.Fail()
	}
}
