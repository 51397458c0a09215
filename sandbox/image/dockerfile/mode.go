package dockerfile

import (
	"errors"
	"strconv"
	"strings"
)

// Mode says what becomes of a file's permissions.
type Mode struct {
	set     *uint32
	clauses []clause
}

type clause struct {
	who  uint32 // the bits that it is about
	op   byte
	perm string
}

var errMode = errors.New("neither octal nor of letters, such as u=rwX,go=rX")

// ParseMode reads a mode as chmod(1) takes it.
func ParseMode(s string) (Mode, error) {
	if n, err := strconv.ParseUint(s, 8, 32); err == nil && n <= 0o7777 {
		v := uint32(n)
		return Mode{set: &v}, nil
	}
	var m Mode
	for part := range strings.SplitSeq(s, ",") {
		at := strings.IndexAny(part, "+-=")
		if at < 0 {
			return Mode{}, errMode
		}
		who := uint32(0)
		for _, c := range part[:at] {
			switch c {
			case 'u':
				who |= 0o4700
			case 'g':
				who |= 0o2070
			case 'o':
				who |= 0o1007
			case 'a':
				who |= 0o7777
			default:
				return Mode{}, errMode
			}
		}
		if at == 0 {
			who = 0o7777
		}
		perm := part[at+1:]
		if strings.Trim(perm, "rwxXst") != "" {
			return Mode{}, errMode
		}
		m.clauses = append(m.clauses, clause{who, part[at], perm})
	}
	return m, nil
}

// Apply gives the permissions that a file of these has then.
func (m Mode) Apply(old uint32, dir bool) uint32 {
	if m.set != nil {
		return *m.set
	}
	for _, c := range m.clauses {
		bits := uint32(0)
		for _, p := range c.perm {
			switch p {
			case 'r':
				bits |= 0o444
			case 'w':
				bits |= 0o222
			case 'x':
				bits |= 0o111
			case 'X':
				if dir || old&0o111 != 0 {
					bits |= 0o111
				}
			case 's':
				bits |= 0o6000
			case 't':
				bits |= 0o1000
			}
		}
		bits &= c.who
		switch c.op {
		case '+':
			old |= bits
		case '-':
			old &^= bits
		default:
			old = old&^(c.who&0o777) | bits
		}
	}
	return old & 0o7777
}
