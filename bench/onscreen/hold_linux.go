package onscreen

import "golang.org/x/sys/unix"

// Hold has the terminal take nothing more, as ctrl+s does: what is written to it
// waits. Keys still come.
func (p *Program) Hold() error { return unix.IoctlSetInt(int(p.near.Fd()), unix.TCXONC, unix.TCOOFF) }

// Release has it take everything again.
func (p *Program) Release() error {
	return unix.IoctlSetInt(int(p.near.Fd()), unix.TCXONC, unix.TCOON)
}
