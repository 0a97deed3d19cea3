metadata description = 'Alerts for operators: messages and runs that failed for good, a backlog, and errors towards callers.'

@description('Makes the names unique in the resource group.')
param nameSuffix string

param location string

param tags object

param serviceBusName string

param insightsName string

@description('Mail addresses; empty: alerts show in the portal only.')
param email string

param activeMessagesThreshold int

var actionGroupIds = empty(email) ? [] : [operators.id]

resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: serviceBusName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'ag-waybill-${nameSuffix}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'waybill'
    emailReceivers: [
      {
        name: 'operators'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource deadLetters 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'waybill-dead-letters-${nameSuffix}'
  location: 'global'
  tags: tags
  properties: {
    description: 'A queue or topic has dead-lettered messages.'
    severity: 1
    enabled: true
    scopes: [
      bus.id
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'dead-letters'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'DeadletteredMessages'
          dimensions: [
            {
              name: 'EntityName'
              operator: 'Include'
              values: [
                '*'
              ]
            }
          ]
          timeAggregation: 'Maximum'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: [
      for id in actionGroupIds: {
        actionGroupId: id
      }
    ]
  }
}

resource backlog 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'waybill-backlog-${nameSuffix}'
  location: 'global'
  tags: tags
  properties: {
    description: 'Messages pile up in a queue, or in the topic because Waybill or a partner does not take them.'
    severity: 2
    enabled: true
    scopes: [
      bus.id
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'active-messages'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'ActiveMessages'
          dimensions: [
            {
              name: 'EntityName'
              operator: 'Include'
              values: [
                '*'
              ]
            }
          ]
          timeAggregation: 'Average'
          operator: 'GreaterThan'
          threshold: activeMessagesThreshold
        }
      ]
    }
    actions: [
      for id in actionGroupIds: {
        actionGroupId: id
      }
    ]
  }
}

resource serverErrors 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'waybill-server-errors-${nameSuffix}'
  location: location
  tags: tags
  properties: {
    displayName: 'Waybill: 5xx answers'
    description: 'Callers were answered with 5xx at least five times in 15 minutes.'
    severity: 2
    enabled: true
    scopes: [
      insights.id
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    // on the first deployment there is no table to validate against
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          // clients check their connection with the zero GUID, and read the 500 as "it works"
          query: 'requests | where toint(resultCode) >= 500 and url !has "00000000-0000-0000-0000-000000000000"'
          timeAggregation: 'Count'
          operator: 'GreaterThanOrEqual'
          threshold: 5
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: actionGroupIds
    }
  }
}

resource silence 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'waybill-silence-${nameSuffix}'
  location: location
  tags: tags
  properties: {
    displayName: 'Waybill: the app is silent'
    description: 'For five minutes, twice in a row, no tick has done the chores. Possible causes: no program is deployed, it does not start, one of its settings is wrong, its storage is away, or timers stand still. npm run check-deployment tells which.'
    severity: 1
    enabled: true
    autoMitigate: true
    scopes: [
      insights.id
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          // one row when there was no tick, even when nothing was logged, and none otherwise
          query: '''
            traces
            | where message contains '"event":"tick"'
            | summarize ticks = count()
            | where ticks == 0
          '''
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            // lines take a minute or two until they can be found
            numberOfEvaluationPeriods: 2
            minFailingPeriodsToAlert: 2
          }
        }
      ]
    }
    actions: {
      actionGroups: actionGroupIds
    }
  }
}

resource failures 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'waybill-failures-${nameSuffix}'
  location: location
  tags: tags
  properties: {
    displayName: 'Waybill: something failed for good'
    description: 'A run or an import failed, a file expired before anybody took it, a subscription is behind, or a setting, a connection or a definition cannot be used. The log has the details; docs/operate.md explains it.'
    severity: 2
    enabled: true
    scopes: [
      insights.id
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: '''
            traces
            | where message contains '"level":"error"' and message !contains '"event":"request"'
          '''
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: actionGroupIds
    }
  }
}

resource worthALook 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'waybill-worth-a-look-${nameSuffix}'
  location: location
  tags: tags
  properties: {
    displayName: 'Waybill: something is worth a look'
    description: 'A run or an import was put off, a message of the app was delivered too often, the timer stands still, a file is kept beyond its time, or a partner acknowledged a file that it never fetched. Waybill corrects it where it can.'
    severity: 3
    enabled: true
    scopes: [
      insights.id
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: '''
            traces
            | where message contains '"event":"dead-letter"' or message contains '"event":"tick-late"' or message contains '"event":"run-put-off"' or message contains '"event":"import-put-off"' or message contains '"event":"file-overdue"' or message contains '"event":"delivery-acked-unfetched"'
          '''
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: actionGroupIds
    }
  }
}
