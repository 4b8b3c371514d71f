package probe

import "testing"

func TestCgroup(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for _, c := range []struct{ text, unit, container string }{
		{"0::/system.slice/nginx.service\n", "nginx.service", ""},
		{"12:pids:/x\n1:name=systemd:/system.slice/web.service\n0::/\n", "web.service", ""},
		{"1:name=systemd:/\n0::/system.slice/web.service\n", "web.service", ""},
		{"0::/system.slice/system-getty.slice/getty@tty1.service\n", "getty@tty1.service", ""},
		{"0::/system.slice/web.service/worker\n", "web.service", ""},
		{"1:name=systemd:/machine.slice/web.scope/system.slice/nginx.service\n", "nginx.service", ""},
		{"0::/user.slice/user-1000.slice/user@1000.service/app.slice/dev.service\n", "", ""},
		{"0::/user.slice/user-1000.slice/session-3.scope\n", "", ""},
		{"0::/system.slice/docker-" + id + ".scope\n", "", "0123456789ab"},
		{"4:memory:/docker/" + id + "\n1:name=systemd:/docker/" + id + "\n", "", "0123456789ab"},
		{"0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + id + ".scope\n", "", "0123456789ab"},
		{"0::/machine.slice/libpod-" + id + ".scope/container\n", "", "0123456789ab"},
		{"0::/init.scope\n", "", ""},
		{"rubbish\n\n::\n", "", ""},
		{"", "", ""},
	} {
		path := cgroupPath(c.text)
		if unit, container := cgroupUnit(path), cgroupContainer(path); unit != c.unit || container != c.container {
			t.Errorf("the cgroup %q is of %q, %q, want %q, %q", c.text, unit, container, c.unit, c.container)
		}
	}
}
