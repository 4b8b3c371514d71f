package investigations

// Connecting gives the runners that connect to a target, as a run would choose
// them among those that there are: the one that lb or the configuration names,
// else those labelled role=lb, else the bot's own. Lost ones are among them only
// where no other is.
func (e *Engine) Connecting(runners []Runner, t Target, lb string) ([]Runner, error) {
	found, err := newFleet(e, runners).lbs(t, lb)
	if err != nil {
		return nil, err
	}
	var list []Runner
	for _, v := range found {
		list = append(list, v.Runner)
	}
	return list, nil
}
