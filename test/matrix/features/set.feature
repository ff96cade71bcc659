Feature: set
  A set begins and ends in one decision: what comes between its two ends is nothing.

  Scenario: success
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - red:
          set: {colors: '${ .colors + ["red"] }'}
    """
    And given the workflow input is:
    """yaml
    colors: [blue]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    colors: [blue, red]
    """

  Scenario: error
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - red:
          set: {n: '${ .text | tonumber }'}
    """
    And given the workflow input is:
    """yaml
    text: many
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/expression
    status: 400
    instance: /do/0/red
    """

  Scenario: retry
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - guarded:
          try:
            - red:
                set: {n: '${ .text | tonumber }'}
          catch:
            retry: {delay: {seconds: 1}, backoff: {constant: {}}, limit: {attempt: {count: 3}}}
            do:
              - tell:
                  set: {given: up}
    """
    And given the workflow input is:
    """yaml
    text: many
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    given: up
    """
    And red should run 3 times
    And the workflow should take 2 seconds

  Scenario: cancel
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - first:
          wait: {seconds: 5}
      - red:
          set: {colors: '${ .colors + ["red"] }'}
    """
    And given the workflow input is:
    """yaml
    colors: []
    """
    And the workflow is cancelled after 1 seconds
    When the workflow is executed
    Then the workflow should be cancelled
    And red should run 0 times

  Scenario: suspend
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - first:
          wait: {seconds: 5}
      - red:
          set: {colors: '${ .colors + ["red"] }'}
    """
    And given the workflow input is:
    """yaml
    colors: []
    """
    And the workflow is suspended after 1 seconds and resumed after 10
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    colors: [red]
    """
    And the workflow should take 10 seconds
    And red should run 1 times

  Scenario: crash before commit
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - red:
          set: {colors: '${ .colors + ["red"] }'}
    """
    And given the workflow input is:
    """yaml
    colors: [blue]
    """
    And the process crashes before each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    colors: [blue, red]
    """
    And red should run 1 times

  Scenario: crash after commit
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - red:
          set: {colors: '${ .colors + ["red"] }'}
    """
    And given the workflow input is:
    """yaml
    colors: [blue]
    """
    And the process crashes after each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    colors: [blue, red]
    """
    And red should run 1 times
