package userns

import "strings"

// Lines around what a start puts into a text file of the image. In the files that
// this is used for, # begins a comment.
const (
	blockBegin = "# begin: sandbox\n"
	blockEnd   = "# end: sandbox\n"
)

// block puts lines first in a text file, where whatever the file itself says comes
// after them. With Optional a file that cannot be read or replaced stays as it is.
func (b *builder) block(op Op) error {
	old, err := b.readText(op.Target)
	if err == nil {
		if text := withBlock(old, op.Data); text != old {
			err = b.writeFile(Op{Kind: OpWrite, Target: op.Target, Data: text, Mode: 0o644, Follow: op.Follow})
		}
	}
	if op.Optional {
		return nil
	}
	return err
}

// withBlock is a text with a block of lines first, in place of an earlier one.
func withBlock(text, lines string) string {
	if rest, ok := strings.CutPrefix(text, blockBegin); ok {
		if _, after, ok := strings.Cut(rest, blockEnd); ok {
			text = after
		}
	}
	return blockBegin + lines + blockEnd + text
}
