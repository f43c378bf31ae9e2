package maskinporten

// RetiredHosts gives the tests each host name that is gone, with when it closed.
func RetiredHosts() map[string]string {
	hosts := make(map[string]string)
	for _, closed := range retired {
		if closed.host != "" {
			hosts[closed.host] = closed.Closed
		}
	}
	return hosts
}
