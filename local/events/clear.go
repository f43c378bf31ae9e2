package events

// Clear removes all events and subscriptions, and what has not been delivered yet.
// Ids go on from where they were.
func (s *Server) Clear() {
	s.mu.Lock()
	s.events, s.subscriptions = nil, nil
	s.mu.Unlock()
	s.delivery.mu.Lock()
	defer s.delivery.mu.Unlock()
	s.delivery.waiting = nil
}
